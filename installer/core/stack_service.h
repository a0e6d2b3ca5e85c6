/* SPDX-License-Identifier: MIT */
/*
 * The services of a stack's compose files as values, for the budget: all of them, whether they play a part or not.
 * compose/stack_services.c reads them from the merged project. Sizes are MiB.
 */
#ifndef VPSFIT_STACK_SERVICE_H
#define VPSFIT_STACK_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service.h"

struct usual_cost;

struct stack_service {
	const char *name;
	size_t part;		 /* index in the service set of the part it plays; NO_SERVICE: none */
	size_t like;		 /* index of the service whose image it runs without playing its part, as a second
				  * gateway does; NO_SERVICE: none */
	const char *image;	 /* with variables filled in; NULL: none, as for a service that is built */
	int64_t copies;		 /* `scale` or `deploy.replicas`; 0: none is started */
	bool active;		 /* not disabled by a Compose profile */
	int64_t limit_mib;	 /* of each copy, as the files declare it now; 0: none, or it cannot be told */
	int64_t reservation_mib; /* the same */
	int64_t heap_mib;	 /* the largest heap that its Java program is told to take; 0: none is said */
	const struct usual_cost *usual; /* of its image, where it plays no part; NULL: not in the catalogue */
	/* where it plays no part and is like one: what the usual figures depend on and is not so; NULL: nothing */
	const struct service_condition *condition;
	/* that it starts, where it is like the part with workers; 0: it cannot be told */
	int64_t workers;

	bool one_shot; /* ends after its work: others wait for that, or it is a job of a Swarm */
};

#endif

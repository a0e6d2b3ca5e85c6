/* SPDX-License-Identifier: MIT */
/* Finds which service of a compose file plays which part, whoever wrote it. */
#ifndef VPSFIT_ROLES_H
#define VPSFIT_ROLES_H

#include "core/arena.h"
#include "core/diag.h"
#include "compose/owned.h"
#include "compose/project.h"

struct role {
	const char *candidates[MAX_CANDIDATES]; /* service names */
	size_t count;
	const char *passed_over; /* another one like it, which had to stand back for its name or ports alone; or NULL */
};

/* Is it a name by which a container reaches this machine? */
bool roles_is_this_machine(const char *host);
bool roles_is_loopback(const char *host);
/* The service that a host's name stands for, where a Swarm has another name for it; else the name itself. */
const char *roles_host_service(const char *host);
/* Does the service run the image of the s-th of the set, or has it a name like it where its image tells nothing? */
bool roles_is_like(struct arena *a, const char *name, const struct yaml_node *service, const struct service_set *set,
		   size_t s);
/*
 * The services that could be the s-th of the set: by image, or by the service's own name if the image tells nothing.
 * More than one only if nothing in the project tells them apart. workers: the service that was found for the workers;
 * NULL: none.
 */
struct role roles_candidates(struct arena *a, const struct project *p, const struct service_set *set, size_t s,
			     const char *workers);
/*
 * Fills in services and their styles; an unanswered part is found by image. Returns 0; -ENOTUNIQ with an error that
 * lists the candidates; -ENOENT with an error if the service with the workers, or a named one, does not exist; -EINVAL
 * with an error if the part with the workers is to be nobody.
 */
int roles_find(struct arena *a, const struct project *p, const struct service_set *set, const struct answers *answers,
	       struct diag_list *diags, struct owned_layout *ret) must_check;
/* The service with the workers; NULL: none, or it is not clear. */
const char *roles_workers(struct arena *a, const struct project *p, const struct service_set *set,
			  const struct answers *answers);
/* Finds in which style each of the layout's services has its limits. */
void roles_style(struct arena *a, const struct yaml_doc *doc, struct owned_layout *layout);

/* Names of services that somebody renamed in vpsfit's own stack; NULL for those taken out. */
const char *roles_renamed(struct arena *a, const struct project *p, const struct service_set *set, size_t s,
			  const char *workers);
void roles_follow(struct arena *a, const struct project *p, const struct service_set *set, struct owned_layout *l);

#endif

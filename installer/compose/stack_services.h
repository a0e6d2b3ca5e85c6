/* SPDX-License-Identifier: MIT */
/* What the services of a project are to the machine: which of them run, how often, with which limits. */
#ifndef VPSFIT_STACK_SERVICES_H
#define VPSFIT_STACK_SERVICES_H

#include "compose/owned.h"
#include "compose/project.h"
#include "core/stack_service.h"

size_t stack_services(struct arena *a, const struct project *p, const struct service_set *set,
		      const struct owned_layout *layout, const struct stack_service **ret);

#endif

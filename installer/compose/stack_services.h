/* SPDX-License-Identifier: MIT */
/* What the services of a project are to the machine: how many copies of each run, with which limits. */
#ifndef VPSFIT_STACK_SERVICES_H
#define VPSFIT_STACK_SERVICES_H

#include "compose/owned.h"
#include "compose/project.h"
#include "core/stack_service.h"

size_t stack_services(struct arena *a, const struct project *p, const struct service_set *set,
		      const struct owned_layout *layout, const struct stack_service **ret);
int64_t stack_service_copies(const struct yaml_node *service);
/* Names of the services for whose end others wait, as a lookup; for stack_service_ends. */
struct stack_waits;
const struct stack_waits *stack_waits(struct arena *a, const struct project *p);
bool stack_service_ends(const struct stack_waits *waits, const char *name, const struct yaml_node *service);

#endif

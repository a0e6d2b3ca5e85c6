/* SPDX-License-Identifier: MIT */
/* How a service runs: once or for good, and in how many copies. */
#ifndef VPSFIT_SERVICE_RUNS_H
#define VPSFIT_SERVICE_RUNS_H

#include "compose/project.h"

/* The services for whose end others wait, for service_is_ending. */
struct ends;

const struct ends *service_ends(struct arena *a, const struct project *p);
bool service_is_ending(const struct ends *ends, const char *name, const struct yaml_node *service);
bool service_is_never_restarted(const struct yaml_node *service);
int64_t service_copies(const struct yaml_node *service);

#endif

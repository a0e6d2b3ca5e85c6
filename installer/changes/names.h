/* SPDX-License-Identifier: MIT */
/* What the services of vpsfit's own stack are called in its files. */
#ifndef VPSFIT_CHANGES_NAMES_H
#define VPSFIT_CHANGES_NAMES_H

#include "compose/owned.h"
#include "compose/project.h"
#include "core/service.h"
#include "state/state.h"

void names_follow(struct arena *a, const struct project *p, const struct service_set *set, const struct state *state,
		  struct owned_layout *layout);

#endif

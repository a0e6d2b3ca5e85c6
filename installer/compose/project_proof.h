/* SPDX-License-Identifier: MIT */
/* Are two projects the same, owned values aside? */
#ifndef VPSFIT_PROJECT_PROOF_H
#define VPSFIT_PROJECT_PROOF_H

#include "compose/owned.h"
#include "compose/project.h"

const char *project_difference(struct arena *a, const struct project *before, const struct project *after,
			       const struct owned_value *owned, size_t owned_count);

#endif

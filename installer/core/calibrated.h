/* SPDX-License-Identifier: MIT */
/* A cost model moved to what was measured on a machine. Pure. */
#ifndef VPSFIT_CALIBRATED_H
#define VPSFIT_CALIBRATED_H

#include "core/arena.h"
#include "core/profile.h"

/* The model that `vpsfit calibrate` writes. */
#define OWN_MODEL "this-machine"

/* What was measured of a service with so many workers. */
struct calibrated {
	int64_t workers;
	int64_t model_mib; /* that the plan expected: tells which of the service's figures it was planned with */
	int64_t expected_mib, limit_mib;
	int64_t start_mib; /* 0: not seen */
};

void calibrated_move(struct arena *a, struct cost_service *costs, const struct calibrated *to);

#endif

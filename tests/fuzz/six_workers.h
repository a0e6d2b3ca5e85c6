/* SPDX-License-Identifier: MIT */
/* A plan for six workers, for fuzz targets that write it into a file. */
#ifndef VPSFIT_FUZZ_SIX_WORKERS_H
#define VPSFIT_FUZZ_SIX_WORKERS_H

#include "core/plan.h"
#include "services.h"

static const struct cost_model model = {.name = "fuzz", .reserve_connections = 20};

static struct plan plan = {
	.model = &model,
	.workers = 6,
	.wanted_workers = 6,
	.workers_why = "from a profile",
	.services = {{3080, 3068, 3856, 3856}, {602, 600, 800, 900}, {48, 160, 320, 320}, {6, 50, 100, 100}},
	.pool_size = 5,
	.max_connections = 150,
};

#endif

/* SPDX-License-Identifier: MIT */
/* Usual costs of the programs that people run beside the gateway, looked up by image, one file each. */
#ifndef VPSFIT_CATALOG_USUAL_H
#define VPSFIT_CATALOG_USUAL_H

#include "core/arena.h"
#include "core/diag.h"
#include "core/profile.h"

struct sysroot;

const struct usual_cost *catalog_usual(struct arena *a, const char *data_dir, const struct sysroot *r,
				       struct diag_list *diags, struct catalog *c, const char *image);

#endif

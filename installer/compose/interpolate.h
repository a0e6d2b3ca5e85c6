/* SPDX-License-Identifier: MIT */
/* Fills in the variables of a compose file as Compose does: $NAME, ${NAME}, ${NAME:-default} and the like. */
#ifndef VPSFIT_INTERPOLATE_H
#define VPSFIT_INTERPOLATE_H

#include "core/arena.h"

/* Source of variables. */
struct variables {
	/* Returns NULL if the variable is set nowhere. */
	const char *(*look_up)(void *context, const char *name);
	void *context;
};

const char *interpolate(struct arena *a, const struct variables *v, const char *text);

#endif

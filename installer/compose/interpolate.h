/* SPDX-License-Identifier: MIT */
/*
 * Variables in the values of a compose file: $NAME, ${NAME}, ${NAME:-default} and their kind, as Compose fills them in.
 */
#ifndef VPSFIT_INTERPOLATE_H
#define VPSFIT_INTERPOLATE_H

#include "core/arena.h"

/* Where variables get their values. */
struct variables {
	/* NULL: it is set nowhere. */
	const char *(*look_up)(void *context, const char *name);
	void *context;
};

const char *interpolate(struct arena *a, const struct variables *v, const char *text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Access to the kept copies of a stack's .env. apply/ implements it, because changes/ must not depend on code that
 * writes.
 */
#ifndef VPSFIT_SECRETS_SOURCE_H
#define VPSFIT_SECRETS_SOURCE_H

#include "core/arena.h"
#include "files/sysroot.h"

#define KEPT_ENV "kept.env"

struct secrets_source {
	/*
	 * Returns in *ret all known variables of a stack, from kept.env and the history; NULL: none. Returns 0 or
	 * -errno.
	 */
	int (*known)(struct arena *a, const struct sysroot *root, const char *store, const char **ret);
	/* The whole file as the newest history entry that has it left it; NULL: none has. */
	const char *(*last_copy)(struct arena *a, const struct sysroot *root, const char *store, const char *path);
};

#endif

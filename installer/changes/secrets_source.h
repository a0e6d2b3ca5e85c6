/* SPDX-License-Identifier: MIT */
/* What a change set is told of the copies of a stack's .env. They are kept, and read, in apply/: changes only looks. */
#ifndef VPSFIT_SECRETS_SOURCE_H
#define VPSFIT_SECRETS_SOURCE_H

#include "core/arena.h"
#include "files/sysroot.h"

#define KEPT_ENV "kept.env"

struct secrets_source {
	/*
	 * What is known of a stack's variables: kept.env, and what the history has besides; *ret NULL: nothing. 0 or
	 * -errno.
	 */
	int (*known)(struct arena *a, const struct sysroot *root, const char *store, const char **ret);
	/* The whole .env as the newest entry of the history that has it wrote it; NULL: none does. */
	const char *(*last_copy)(struct arena *a, const struct sysroot *root, const char *store, const char *env_path);
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Access to the kept copies of a stack's .env. apply/ implements it, because changes/ must not depend on code that
 * writes.
 */
#ifndef VPSFIT_SECRETS_SOURCE_H
#define VPSFIT_SECRETS_SOURCE_H

#include <stddef.h>

#include "core/arena.h"
#include "files/sysroot.h"

#define KEPT_ENV "kept.env"

/* What was read of a stack's copies. */
struct secrets_read {
	const char *store;
	const char *known;
};

#define SECRETS_READS 4

/*
 * What a run has read already: the whole history is read for it. It lives as long as the arena that it was read into,
 * and is emptied when a run looks anew.
 */
struct secrets_memory {
	struct secrets_read reads[SECRETS_READS];
	size_t count;
};

struct secrets_source {
	/*
	 * Returns in *ret all known variables of a stack, from kept.env and the history; NULL: none. Returns 0 or
	 * -errno.
	 */
	int (*known)(struct arena *a, const struct sysroot *root, const char *store, const char **ret);
	/*
	 * The whole file as the newest history entry that has it left it; NULL: none has. ret_where (or NULL): that
	 * copy's own path.
	 */
	const char *(*last_copy)(struct arena *a, const struct sysroot *root, const char *store, const char *path,
				 const char **ret_where);
	struct secrets_memory *memory; /* NULL: everything is read anew */
};

/* As `known`, which is asked once for each stack. */
int secrets_source_known(const struct secrets_source *from, struct arena *a, const struct sysroot *root,
			 const char *store, const char **ret);

#endif

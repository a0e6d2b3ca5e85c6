/* SPDX-License-Identifier: MIT */
/* Makes a swap file atomically, on every file system that can hold one; else says why not. */
#ifndef VPSFIT_SWAP_MAKE_H
#define VPSFIT_SWAP_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/macros.h"

struct swap_job {
	struct arena *a;
	const char *path; /* absolute */
	int64_t size_mib;
	bool zeros; /* write every byte though fallocate works: for a kernel that refuses the result */
	/* Called at times while zeros are written; may be NULL. */
	void (*progress)(void *context, const char *text);
	void *context;
	const char *why; /* set on failure: the reason, for people */
};

/*
 * Makes the file under a hidden name beside its path (0600 from the start), labels it as vpsfit's, syncs it, and
 * renames it to its path, which must be free. Works on descriptors of the file and its directory, to which nobody but
 * root may be able to write. Returns 0, or a negative errno with job->why set and nothing left behind.
 */
int swap_make(struct swap_job *job) must_check;
/* Removes the hidden file of an earlier run. */
void swap_make_discard(struct arena *a, const char *path);

#endif

/* SPDX-License-Identifier: MIT */
/* Makes a swap file, whole or not at all: on every file system that can hold one, or with the reason why not. */
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
	bool zeros; /* write every byte, although the file system allocates: for a kernel that refuses the result */
	/* Called now and then while zeros are written; may be NULL. */
	void (*progress)(void *context, const char *text);
	void *context;
	const char *why; /* set where something fails: the reason, for people */
};

/*
 * Makes the file under a hidden name beside its path (0600 from the first byte), gives it vpsfit's label, syncs it, and
 * renames it to its path, which must be free. All of it goes by descriptors of the file and of its directory, which
 * nobody but root may be able to write to. 0, or a negative errno with job->why and nothing left behind.
 */
int swap_make(struct swap_job *job) must_check;
/* Removes what an earlier run left under the hidden name. */
void swap_make_discard(struct arena *a, const char *path);

#endif

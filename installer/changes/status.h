/* SPDX-License-Identifier: MIT */
/* What became of the files since the last apply. */
#ifndef VPSFIT_STATUS_H
#define VPSFIT_STATUS_H

#include "state/state.h"
#include "files/sysroot.h"

enum file_fate {
	FILE_SAME,
	FILE_THERE,
	FILE_EDITED,
	FILE_MISSING,
	FILE_UNREADABLE,
	/* Only for .env: */
	FILE_OPEN,    /* others can read it */
	FILE_FOREIGN, /* owned by neither the caller nor the directory's owner */
	FILE_LACKING, /* lacks a secret of vpsfit's own stack */
	FILE_FATE_COUNT
};

enum swap_fate { SWAP_FATE_IN_USE, SWAP_FATE_NOT_IN_USE, SWAP_FATE_MISSING, SWAP_FATE_CHANGED, SWAP_FATE_COUNT };

const char *swap_fate_name(enum swap_fate f);
/* Judges by what detection found at the remembered path. */
enum swap_fate status_of_swap(const struct machine *m, const struct swap_area *r);

const char *file_fate_name(enum file_fate f);
enum file_fate status_of_file(struct arena *a, const struct sysroot *r, const struct plan *plan,
			      const struct state *state, const struct state_file *f);

#endif

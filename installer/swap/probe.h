/* SPDX-License-Identifier: MIT */
/* What the kernel and an area's header say about swap. Detection and apply share it, so that both judge alike. */
#ifndef VPSFIT_SWAP_PROBE_H
#define VPSFIT_SWAP_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/machine.h"
#include "files/sysroot.h"

/* Lists active areas from /proc/swaps; sizes without the header. Returns their number, at most max, or -errno. */
long swap_list_active(const struct sysroot *r, struct arena *a, struct swap_area *areas, size_t max) must_check;
/* The active area at path (below the root), by name or, on the running machine, by the file or device behind it. */
const struct swap_area *swap_find_active(const struct sysroot *r, const struct swap_area *areas, size_t count,
					 const char *path);

/* The area that is the same file or device as path; NULL: none. For the running machine only. */
const struct swap_area *swap_find_same(const struct swap_area *areas, size_t count, const char *path);

enum swap_header { SWAP_HEADER_NONE, SWAP_HEADER_OTHER, SWAP_HEADER_OURS };

/*
 * The header of an open file or device according to libblkid. NONE: no swap, or not to be touched; OURS: vpsfit's
 * label, and a file must be root's, of mode 0600 and without further hard links.
 */
enum swap_header swap_header_of(int fd);
/*
 * As swap_header_of for a path on this host: a regular file (no link), or a block device if `device`, relative to the
 * directory `dir` (or AT_FDCWD). Returns the descriptor, so that the caller can go on with that very file; or -errno.
 */
int swap_area_open(int dir, const char *path, bool device, enum swap_header *ret) must_check;
/* Fills in UUID and label of the swap area in an open device, NULL if it has none. False if it is no swap area. */
bool swap_names_of(struct arena *a, int fd, struct swap_area *ret);
/* Why the btrfs of this directory can hold no swap file; NULL: it can, or it is not btrfs. */
const char *swap_btrfs_refusal(int dir_fd);

#endif

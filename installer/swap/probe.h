/* SPDX-License-Identifier: MIT */
/*
 * What the kernel and a swap area itself say of it: for detection, and for apply, which judges by the same words
 * whether what it did has happened.
 */
#ifndef VPSFIT_SWAP_PROBE_H
#define VPSFIT_SWAP_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/machine.h"
#include "files/sysroot.h"

/* Active areas, from /proc/swaps; sizes without the area's header. Returns how many there are, at most max, or -errno.
 */
long swap_list_active(const struct sysroot *r, struct arena *a, struct swap_area *areas, size_t max) must_check;
/* The active area that lies at path (as the machine sees it), by name or, on the running machine, by what the name
 * leads to. */
const struct swap_area *swap_find_active(const struct sysroot *r, const struct swap_area *areas, size_t count,
					 const char *path);

/* The area that a path leads to, whatever the path's name; NULL where it is none of them. On the running machine only.
 */
const struct swap_area *swap_find_same(const struct swap_area *areas, size_t count, const char *path);

enum swap_header { SWAP_HEADER_NONE, SWAP_HEADER_OTHER, SWAP_HEADER_OURS };

/* What libblkid finds in an open file or device: no swap area (or one that must not be touched), somebody's, or one
 * with vpsfit's label. A file with the label is vpsfit's only where it is root's, of mode 0600 and with one name. */
enum swap_header swap_header_of(int fd);
/* The same for a path on this host: a regular file, not a link (or a block device where `device`). -errno where it
 * cannot be looked at. */
int swap_header_at(const char *path, bool device, enum swap_header *ret) must_check;
/*
 * The same for a path below the directory `dir` (or AT_FDCWD), and the descriptor that it was found in, for whoever
 * goes on with that very file; or -errno.
 */
int swap_area_open(int dir, const char *path, bool device, enum swap_header *ret) must_check;
/* Fills in UUID and label of the swap area in an open device, NULL where there is none. False where it is no swap area.
 */
bool swap_names_of(struct arena *a, int fd, struct swap_area *ret);
/* Why a swap file on the btrfs file system of this directory would be refused; NULL: it would not, or it is none. */
const char *swap_btrfs_refusal(int dir_fd);

#endif

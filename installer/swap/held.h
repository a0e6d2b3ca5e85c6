/* SPDX-License-Identifier: MIT */
/* Who works with a block device: swapon overwrites what is in it. On the running machine only. */
#ifndef VPSFIT_SWAP_HELD_H
#define VPSFIT_SWAP_HELD_H

#include "core/arena.h"
#include "files/sysroot.h"

/* The whole disk of a partition by its name in /sys/class/block; of anything else, its own name. */
const char *swap_disk_of(const struct sysroot *r, struct arena *a, const char *name);
/* Why the device at this path (below /dev) or its disk is in use, for people; NULL: nobody was found. */
const char *swap_held_by(const struct sysroot *r, struct arena *a, const char *path);

#endif

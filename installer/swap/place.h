/* SPDX-License-Identifier: MIT */
/*
 * The directory of a swap file, opened once, and whether it can be trusted: each boot trusts the file's name again,
 * so nobody but root may be able to put another file there.
 */
#ifndef VPSFIT_SWAP_PLACE_H
#define VPSFIT_SWAP_PLACE_H

#include "core/arena.h"
#include "core/macros.h"

/*
 * Opens the parent of `path` (absolute, on this host), part by part and link by link: an O_DIRECTORY descriptor that
 * the caller closes, or -errno. *ret_unsafe is NULL if only root can replace entries of it and of all directories on
 * the way (by permissions or the sticky bit); else why it cannot be trusted, for people.
 */
int swap_place_open(struct arena *a, const char *path, const char **ret_unsafe) must_check;
/*
 * Why no swap file may be made at `path`, for people; NULL: it may, or there is no such directory. Sticky
 * directories: also checks who owns the names that would be used.
 */
const char *swap_place_refusal(struct arena *a, const char *path);

#endif

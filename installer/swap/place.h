/* SPDX-License-Identifier: MIT */
/*
 * The directory that a swap file lies in, opened once, and whether it can be trusted: the name of a swap file is
 * believed again at each boot, so nobody but root may be able to put another file under it.
 */
#ifndef VPSFIT_SWAP_PLACE_H
#define VPSFIT_SWAP_PLACE_H

#include "core/arena.h"
#include "core/macros.h"

/*
 * Opens the directory that holds `path` (absolute, on this host), link by link and part by part: an O_DIRECTORY
 * descriptor that the caller closes, or -errno. *ret_unsafe is NULL where root alone can write to it and to every
 * directory on the way, or where the sticky bit keeps others off; else why it cannot be trusted, for people.
 */
int swap_place_open(struct arena *a, const char *path, const char **ret_unsafe) must_check;
/*
 * Why no swap file may be made as `path`, for people; NULL: it may be, or there is no such directory. Besides the way
 * there it asks who owns what has the name already, in a directory where everybody may make files.
 */
const char *swap_place_refusal(struct arena *a, const char *path);

#endif

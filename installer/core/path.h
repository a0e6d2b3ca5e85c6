/* SPDX-License-Identifier: MIT */
/* Paths as text. */
#ifndef VPSFIT_PATH_H
#define VPSFIT_PATH_H

#include "core/arena.h"

/*
 * An absolute path without "//", "." and "..": "/a//b/../c" is "/a/c". Of the text alone: following or refusing links is
 * the reader's business.
 */
const char *path_tidy(struct arena *a, const char *path);
/* The directory of a path; "" for what is right below "/", and where there is no slash. */
const char *path_parent(struct arena *a, const char *path);

#endif

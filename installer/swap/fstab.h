/* SPDX-License-Identifier: MIT */
/* vpsfit's lines in a file table: put in and taken out by bytes, and checked by libmount. */
#ifndef VPSFIT_FSTAB_H
#define VPSFIT_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/diag.h"

/* Is there a line for this swap area (a path, or UUID=...), whoever wrote it? */
bool fstab_lists(struct arena *a, const char *text, const char *source);
/* Is that line vpsfit's own? */
bool fstab_marks(struct arena *a, const char *text, const char *source);
/*
 * The text with the lines for each of `goes` taken out, and one line for each of `comes` that is not listed put at its
 * end. Every other byte stays; a final line without its line end gets one. Then libmount reads both texts, and they may
 * differ in exactly these entries. Returns 0, or -EBADMSG with an error about `path` in diags.
 */
int fstab_edit(struct arena *a, const char *path, const char *text, const char *const *comes, size_t come_count,
	       const char *const *goes, size_t go_count, struct diag_list *diags, const char **ret) must_check;

#endif

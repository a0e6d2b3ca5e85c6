/* SPDX-License-Identifier: MIT */
/* vpsfit's lines in fstab: edited as bytes, verified with libmount. */
#ifndef VPSFIT_FSTAB_H
#define VPSFIT_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/diag.h"

/* Is there a line for this swap area (a path or UUID=...), whoever wrote it? */
bool fstab_lists(struct arena *a, const char *text, const char *source);
/* Is there one with vpsfit's mark? */
bool fstab_marks(struct arena *a, const char *text, const char *source);
/*
 * Removes the swap lines of `goes` and appends one line for each of `comes` that text does not list. All other bytes
 * stay, but a last line without line end gets one before an appended line. libmount then parses both texts, which may
 * differ only in these entries. Returns 0, or -EBADMSG with an error about `path` in diags.
 */
int fstab_edit(struct arena *a, const char *path, const char *text, const char *const *comes, size_t come_count,
	       const char *const *goes, size_t go_count, struct diag_list *diags, const char **ret) must_check;

#endif

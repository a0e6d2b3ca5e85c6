/* SPDX-License-Identifier: MIT */
/*
 * Atomic writes by paths on this host, in vpsfit's own directories (files/trust.h). Everything elsewhere goes through
 * a place (files/at.h).
 */
#ifndef VPSFIT_FILES_H
#define VPSFIT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "files/why.h"
#include "core/macros.h"

#define FILES_MAX_READ ((size_t)1 << 20)

struct file_owner {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

int file_read(struct arena *a, const char *path, char **ret, size_t *ret_len, struct stat *ret_st) must_check;
/* The hidden name under which file_at_stage writes: beside the target and fixed, so that a cleanup finds it. */
char *file_staged_path(struct arena *a, const char *target);
int file_replace(struct arena *a, const char *target, const char *bytes, size_t len,
		 const struct file_owner *owner) must_check;
int file_remove(const char *path) must_check;
int file_make_dir(const char *path, mode_t mode) must_check;
int file_rename(const char *from, const char *to) must_check;
int file_sync_dir(const char *path) must_check;
int file_sync_parent(const char *path) must_check;
/*
 * Removes a directory with its files and one level of subdirectories with theirs. Never follows a link. 0 if missing.
 */
int file_remove_dir(struct arena *a, const char *path) must_check;

#endif

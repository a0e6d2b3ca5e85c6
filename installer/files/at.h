/* SPDX-License-Identifier: MIT */
/*
 * A place: a name in a directory that is held open. All work on it happens in that very directory, whatever becomes
 * of its path meanwhile.
 */
#ifndef VPSFIT_AT_H
#define VPSFIT_AT_H

#include "files/files.h"
#include "files/sysroot.h"

struct file_at {
	int dir;	  /* held open by the sysroot */
	const char *name; /* below dir; has several parts while directories above it are missing */
	const char *host; /* path on this host when it was looked up, for messages and comparisons */
	int missing;	  /* -errno that explains several parts in name; else 0 */
	bool exposed;	  /* somebody else could have put something there */
	uid_t dir_uid;	  /* owner of dir */
	bool dir_open;	  /* others can write to dir */
};

int file_at_find(const struct sysroot *r, struct arena *a, const char *path, bool follow_last,
		 struct file_at *ret) must_check;
int file_at_settle(const struct sysroot *r, struct file_at *at) must_check;
bool file_at_gone(const struct file_at *at);
int file_at_read(const struct file_at *at, struct arena *a, char **ret, size_t *ret_len,
		 struct stat *ret_st) must_check;
int file_at_read_link(const struct file_at *at, struct arena *a, char **ret, size_t *ret_len) must_check;
long file_at_list(const struct file_at *at, struct arena *a, char ***ret) must_check;
int file_at_stage(const struct file_at *at, struct arena *a, const char *bytes, size_t len,
		  const struct file_owner *owner, const struct stat *seen) must_check;
int file_at_stage_link(const struct file_at *at, struct arena *a, const char *leads_to) must_check;
int file_at_commit(const struct file_at *at, struct arena *a) must_check;
void file_at_discard(const struct file_at *at, struct arena *a);
int file_at_remove(const struct file_at *at) must_check;
int file_at_make_dir(const struct file_at *at, mode_t mode) must_check;
int file_at_remove_dir(const struct file_at *at) must_check;
int file_at_sync_dir(int dir, const char *name) must_check;
/* For a message: why it failed, and what to do (`otherwise` if there is no hint for rc). */
const char *file_at_why(const struct sysroot *r, struct arena *a, int rc);
const char *file_at_hint(int rc, const char *otherwise);

#endif

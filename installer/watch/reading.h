/* SPDX-License-Identifier: MIT */
/* Small files of the kernel, with few system calls: a sample is taken often, and on small machines. */
#ifndef VPSFIT_WATCH_READING_H
#define VPSFIT_WATCH_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "files/sysroot.h"

/* memory.stat has 1.5 KiB; a /proc/vmstat has 5, and what follows its oom_kill is not needed. */
#define WATCH_TEXT 12288

struct reading {
	const struct sysroot *root;
	bool plain; /* of the running machine: paths need no walk */
	int fds[16];
	int open_count;
	bool keeps; /* there will be more looks: say what changed, with one call more */
};

void reading_start(struct reading *r, const struct sysroot *root);
/* Reads a file's start into ret, ends it with NUL; its length, or -errno. */
long reading_file(struct reading *r, const char *path, char *ret, size_t size) must_check;
/* The same for a name in an open directory. */
long reading_at(struct reading *r, int dir, const char *name, char *ret, size_t size) must_check;
int reading_dir(struct reading *r, const char *path) must_check;
int reading_stat(const struct reading *r, const char *path, struct stat *ret) must_check;
/* Closes what was opened since the last end. */
void reading_end(struct reading *r);

#endif

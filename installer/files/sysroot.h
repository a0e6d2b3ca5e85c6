/* SPDX-License-Identifier: MIT */
/*
 * The one way to read the machine: every path is taken below a root directory, which symlinks and ".." cannot
 * leave. With root "/" it is the running machine and live system calls may be asked as well
 * (sysroot_is_live).
 */
#ifndef VPSFIT_SYSROOT_H
#define VPSFIT_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/arena.h"

/* More than this is never read of any file of the machine. */
#define SYSROOT_MAX_READ ((size_t)1 << 20)

struct sysroot {
	char *root; /* as given, for messages */
	int fd;	    /* O_PATH on the root directory */
	bool live;
	struct sysroot_held *held; /* directories that are worked in (files/at.h) */
};

/* A link that was not followed. */
struct sysroot_refusal {
	const char *path;
	uid_t uid;    /* whose it is, or whose the directory is that it lies in */
	bool foreign; /* the directory */
};

int sysroot_open(struct sysroot *r, const char *dir) must_check; /* 0 or -errno */
void sysroot_close(struct sysroot *r);
bool sysroot_is_live(const struct sysroot *r);

/*
 * Where `path` (absolute, as the machine sees it) lies on this host, with every symlink of existing components resolved
 * inside the root; missing components are kept as they are. NULL with errno set: ELOOP, ENAMETOOLONG, or what else went
 * wrong.
 */
char *sysroot_resolve(const struct sysroot *r, struct arena *a, const char *path);

/* Opens for reading (O_CLOEXEC | O_NONBLOCK | O_NOCTTY); fd or -errno. Never blocks on a FIFO or device. */
int sysroot_open_file(const struct sysroot *r, const char *path) must_check;
/* Reads a whole regular (or /proc, /sys) file, NUL-terminated, at most max bytes (0: SYSROOT_MAX_READ).
 * Returns 0; -EFBIG where there is more; -errno else. */
int sysroot_read(const struct sysroot *r, struct arena *a, const char *path, size_t max, char **ret,
		 size_t *ret_len) must_check;
/* The same for an open file. */
int sysroot_read_fd(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len) must_check;
/*
 * What follows the first line that begins with `line`, that line included: a few KiB at least, or up to the end. For
 * long files, of which at most max bytes are looked at. NULL: not there.
 */
char *sysroot_find(const struct sysroot *r, struct arena *a, const char *path, const char *line, size_t max);
/* First line without its line end and outer blanks; NULL where it cannot be read or is empty. */
char *sysroot_read_line(const struct sysroot *r, struct arena *a, const char *path);
bool sysroot_exists(const struct sysroot *r, const char *path);
int sysroot_stat(const struct sysroot *r, const char *path, struct stat *ret) must_check;
/* Target of a symlink as written in it; NULL where it is none. */
char *sysroot_readlink(const struct sysroot *r, struct arena *a, const char *path);
/* Names in a directory (without . and ..), sorted bytewise; at most 65536. Returns the number, or -errno. */
long sysroot_list(const struct sysroot *r, struct arena *a, const char *path, char ***ret) must_check;
/* The same for an open directory, which is closed. */
long sysroot_list_fd(int fd, struct arena *a, char ***ret) must_check;
/* How many lines of a long file begin with `line`, or -errno. */
long sysroot_count_lines(const struct sysroot *r, const char *path, const char *line, size_t max);
/* How many names in a directory end with suffix (and are longer), or -errno. */
long sysroot_count(const struct sysroot *r, const char *path, const char *suffix);
int sysroot_open_dir(const struct sysroot *r, const char *path) must_check;

/*
 * Between the files of this room. Keeps a directory open until the root is closed, each once: the descriptor to use,
 * and fd is then the sysroot's; or -errno, and fd is still the caller's.
 */
int sysroot_hold(const struct sysroot *r, int fd, const struct stat *st) must_check;
void sysroot_note_refusal(const struct sysroot *r, const char *path, uid_t uid, bool foreign);
/* The last one; NULL where there was none. */
const struct sysroot_refusal *sysroot_refusal(const struct sysroot *r);

#endif

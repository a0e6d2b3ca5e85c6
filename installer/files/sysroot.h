/* SPDX-License-Identifier: MIT */
/*
 * The only way to read the machine: paths are taken below a root directory, which symlinks and ".." cannot leave.
 * With root "/" it is the running machine, and live system calls may be used too (sysroot_is_live).
 */
#ifndef VPSFIT_SYSROOT_H
#define VPSFIT_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/arena.h"

/* Largest file that is read by default. */
#define SYSROOT_MAX_READ ((size_t)1 << 20)

struct sysroot {
	char *root; /* its canonical path, for messages and host paths */
	int fd;	    /* O_PATH on the root directory */
	bool live;
	struct sysroot_held *held; /* directories that changes work in (files/at.h) */
};

/* A link that was not followed. */
struct sysroot_refusal {
	const char *path;
	uid_t uid;    /* owner of the link, or of the directory above it that others can change */
	bool foreign; /* uid is the directory's owner */
};

/* Is told each path that is looked at below the root, whether it is there or not. */
typedef void sysroot_seen(void *context, const char *path, bool listed);

int sysroot_open(struct sysroot *r, const char *dir) must_check; /* 0 or -errno */
/* From now on `seen` is told what is looked at; NULL: nobody is any more. The one list of what detection reads. */
void sysroot_trace(const struct sysroot *r, sysroot_seen *seen, void *context);
void sysroot_close(struct sysroot *r);
bool sysroot_is_live(const struct sysroot *r);

/*
 * The path on this host of `path` (absolute, below the root), with the symlinks of existing components resolved
 * inside the root; missing components stay. NULL with errno set: ELOOP, ENAMETOOLONG, or what else went wrong.
 */
char *sysroot_resolve(const struct sysroot *r, struct arena *a, const char *path);

/* Opens a regular file to read (O_CLOEXEC | O_NONBLOCK | O_NOCTTY); fd or -errno. Never blocks on FIFOs or devices. */
int sysroot_open_file(const struct sysroot *r, const char *path) must_check;
/* Reads a whole file (or one of /proc), NUL-terminated. 0; -EFBIG above max bytes (0: SYSROOT_MAX_READ); or -errno. */
int sysroot_read(const struct sysroot *r, struct arena *a, const char *path, size_t max, char **ret,
		 size_t *ret_len) must_check;
/* As sysroot_read for an open file, but max 0 is no default. */
int sysroot_read_fd(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len) must_check;
/* From the first line that starts with `line`: a few KiB at least, or to the end. Reads max bytes at most; or NULL. */
char *sysroot_find(const struct sysroot *r, struct arena *a, const char *path, const char *line, size_t max);
/* First line without its line end and outer blanks; NULL if it cannot be read or is empty. */
char *sysroot_read_line(const struct sysroot *r, struct arena *a, const char *path);
bool sysroot_exists(const struct sysroot *r, const char *path);
bool sysroot_is_file(const struct sysroot *r, const char *path);
int sysroot_stat(const struct sysroot *r, const char *path, struct stat *ret) must_check;
/* Target of a symlink, unresolved; NULL if it is none. */
char *sysroot_readlink(const struct sysroot *r, struct arena *a, const char *path);
/* Names in a directory (without . and ..), sorted bytewise. Returns their number, or -errno: -EFBIG if over 65536. */
long sysroot_list(const struct sysroot *r, struct arena *a, const char *path, char ***ret) must_check;
/* As sysroot_list for an open directory, which it closes. */
long sysroot_list_fd(int fd, struct arena *a, char ***ret) must_check;
/* Number of lines that start with `line` in a long file, of which max bytes are read, or -errno. */
long sysroot_count_lines(const struct sysroot *r, const char *path, const char *line, size_t max);
/* Number of names in a directory that end with suffix (and are longer), or -errno. */
long sysroot_count(const struct sysroot *r, const char *path, const char *suffix);
int sysroot_open_dir(const struct sysroot *r, const char *path) must_check;

/*
 * Private to this folder. Keeps a directory open until the root is closed, each one once. Returns the descriptor to
 * use, and owns fd; or -errno, and fd remains the caller's.
 */
int sysroot_hold(const struct sysroot *r, int fd, const struct stat *st) must_check;
void sysroot_saw(const struct sysroot *r, const char *path, bool listed);
void sysroot_note_refusal(const struct sysroot *r, const char *path, uid_t uid, bool foreign);
/* The last refusal; NULL: none. */
const struct sysroot_refusal *sysroot_refusal(const struct sysroot *r);

#endif

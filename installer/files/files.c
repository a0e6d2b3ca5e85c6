/* SPDX-License-Identifier: MIT */
#include "files/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <unistd.h>

#include "core/macros.h"
#include "files/at.h"

/*
 * Reads a regular file of at most 1 MiB, NUL-terminated, into a. ret_st may be NULL. 0 or -errno: -EFBIG if it is
 * larger, -EINVAL if it is not a regular file. Never blocks on a FIFO.
 */
int file_read(struct arena *a, const char *path, char **ret, size_t *ret_len, struct stat *ret_st)
{
	int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	struct stat st;
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -EINVAL;
	else
		rc = sysroot_read_fd(fd, a, FILES_MAX_READ, ret, ret_len);
	close(fd);
	if (rc == 0 && ret_st)
		*ret_st = st;
	return rc;
}

int file_sync_dir(const char *path)
{
	return file_at_sync_dir(AT_FDCWD, path);
}

/* Syncs the parent of path (absolute), so that a new, renamed or removed entry survives a power cut. */
int file_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct arena a = ARENA_INIT;
	int rc = file_sync_dir(arena_strndup(&a, path, slash && slash > path ? (size_t)(slash - path) : 1));

	arena_clear(&a);
	return rc;
}

/* The place of a path in vpsfit's own directories, which nobody else can change. The caller closes at->dir. */
static int open_parent(struct arena *a, const char *path, struct file_at *at)
{
	const char *slash = strrchr(path, '/');
	const char *parent = arena_strndup(a, path, slash && slash > path ? (size_t)(slash - path) : 1);

	*at = (struct file_at){.dir = (int)TEMP_FAILURE_RETRY(open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC)),
			       .name = slash + 1,
			       .host = path};
	return at->dir < 0 ? -errno : 0;
}

/* Makes one directory with exactly this mode. 0 also if it exists; -ENOTDIR if it is something else. */
int file_make_dir(const char *path, mode_t mode)
{
	struct arena a = ARENA_INIT;
	struct file_at at;
	struct stat st;
	int rc = open_parent(&a, path, &at);

	if (rc == 0) {
		rc = file_at_make_dir(&at, mode);
		/* Accept a link to a directory: the administrator may have moved it. */
		if (rc == -ENOTDIR && fstatat(at.dir, at.name, &st, 0) == 0 && S_ISDIR(st.st_mode))
			rc = 0;
		close(at.dir);
	}
	arena_clear(&a);
	return rc;
}

char *file_staged_path(struct arena *a, const char *target)
{
	const char *base = strrchr(target, '/') + 1;

	return arena_printf(a, "%.*s.%s.vpsfit-new", (int)(base - target), target, base);
}

int file_rename(const char *from, const char *to)
{
	return TEMP_FAILURE_RETRY(rename(from, to)) < 0 ? -errno : 0;
}

/* Replaces a file atomically, synced. 0, or -errno with no staged file left behind. */
int file_replace(struct arena *a, const char *target, const char *bytes, size_t len, const struct file_owner *owner)
{
	struct file_at at;
	int rc = open_parent(a, target, &at);

	if (rc < 0)
		return rc;
	rc = file_at_stage(&at, a, bytes, len, owner, NULL);
	if (rc == 0)
		rc = file_at_commit(&at, a);
	if (rc < 0)
		file_at_discard(&at, a);
	close(at.dir);
	return rc;
}

/* Removes a file and syncs the directory. 0 also if there was none. */
int file_remove(const char *path)
{
	if (TEMP_FAILURE_RETRY(unlink(path)) < 0)
		return errno == ENOENT ? 0 : -errno;
	return file_sync_parent(path);
}

static int remove_entries(struct arena *a, const char *path, int levels)
{
	int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (!dir) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc == -ENOENT ? 0 : rc;
	}
	while (rc == 0 && (e = readdir(dir))) {
		const char *inner = arena_printf(a, "%s/%s", path, e->d_name);

		if (STR_EQ(e->d_name, ".") || STR_EQ(e->d_name, ".."))
			continue;
		if (TEMP_FAILURE_RETRY(unlink(inner)) == 0)
			continue;
		rc = -errno;
		if (rc == -EISDIR && levels > 0)
			rc = remove_entries(a, inner, levels - 1);
	}
	closedir(dir);
	if (rc == 0 && TEMP_FAILURE_RETRY(rmdir(path)) < 0)
		rc = -errno;
	return rc;
}

int file_remove_dir(struct arena *a, const char *path)
{
	return remove_entries(a, path, 1);
}

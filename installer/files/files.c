#include "files/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "files/sysroot.h"

/* More than this of extended attributes is not carried over to the file that takes another's place. */
#define MAX_XATTR 65536

/*
 * Reads a regular file of at most 1 MiB, NUL-terminated, from a. ret_st may be NULL. Returns 0 or -errno: -EFBIG where
 * it is larger, -EINVAL where it is no regular file. Never blocks on a FIFO.
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
	int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (TEMP_FAILURE_RETRY(fsync(fd)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Syncs the directory that holds path (absolute), so that a new, renamed or removed entry survives a power cut. */
int file_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct arena a = ARENA_INIT;
	int rc = file_sync_dir(arena_strndup(&a, path, slash && slash > path ? (size_t)(slash - path) : 1));

	arena_clear(&a);
	return rc;
}

/* Makes one directory. 0 also where it is there already; -ENOTDIR where something else is. */
int file_make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (TEMP_FAILURE_RETRY(mkdir(path, mode)) == 0)
		return file_sync_parent(path);
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(write(fd, bytes, len));

		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_xattr(const char *from, int to, const char *name)
{
	char *value = xrealloc(NULL, MAX_XATTR);
	ssize_t n = getxattr(from, name, value, MAX_XATTR);
	int rc = 0;

	/* What the kernel sets by itself or keeps for others is not ours to carry over. */
	if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) < 0 && errno != EPERM && errno != EOPNOTSUPP)
		rc = -errno;
	free(value);
	return rc;
}

/* Access control lists, labels and user attributes of the file whose place is taken. */
static int copy_xattrs(const char *from, int to)
{
	char *names;
	ssize_t n = listxattr(from, NULL, 0);
	int rc = 0;

	if (n <= 0 || n > MAX_XATTR)
		return 0;
	names = xrealloc(NULL, (size_t)n);
	n = listxattr(from, names, (size_t)n);
	for (ssize_t at = 0; rc == 0 && at < n; at += (ssize_t)strlen(names + at) + 1)
		rc = copy_xattr(from, to, names + at);
	free(names);
	return rc;
}

/* Owner first, mode second: chown clears set-id bits, and the bytes are 0600 until the mode is right. */
static int finish(int fd, const char *target, const struct file_owner *owner)
{
	int rc = copy_xattrs(target, fd);

	if (rc < 0)
		return rc;
	if (TEMP_FAILURE_RETRY(fchown(fd, owner->uid, owner->gid)) < 0 && errno != EPERM)
		return -errno;
	if (TEMP_FAILURE_RETRY(fchmod(fd, owner->mode & 07777)) < 0)
		return -errno;
	return TEMP_FAILURE_RETRY(fsync(fd)) < 0 ? -errno : 0;
}

/* Hidden, in the same directory, and always the same name: whoever cleans up after a crash knows it. */
char *file_staged_path(struct arena *a, const char *target)
{
	const char *base = strrchr(target, '/') + 1;

	return arena_printf(a, "%.*s.%s.vpsfit-new", (int)(base - target), target, base);
}

/*
 * Writes bytes to a new file beside target (absolute), synced, with owner and mode given and the extended attributes of
 * what is at target now. Returns 0, or -errno with nothing left behind.
 */
int file_stage(struct arena *a, const char *target, const char *bytes, size_t len, const struct file_owner *owner)
{
	char *temp = file_staged_path(a, target);
	int fd, rc;

	if (TEMP_FAILURE_RETRY(unlink(temp)) < 0 && errno != ENOENT)
		return -errno;
	fd = (int)TEMP_FAILURE_RETRY(open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, len);
	if (rc == 0)
		rc = finish(fd, target, owner);
	if (close(fd) < 0 && rc == 0 && errno != EINTR)
		rc = -errno;
	if (rc < 0)
		(void)!TEMP_FAILURE_RETRY(unlink(temp));
	return rc;
}

/* Where a symbolic link leads, as written in it. 0 or -errno: -EINVAL where something else is there. */
int file_read_link(struct arena *a, const char *path, char **ret, size_t *ret_len)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof(text));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(text))
		return -EFBIG;
	*ret = arena_strndup(a, text, (size_t)n);
	*ret_len = (size_t)n;
	return 0;
}

/* As file_stage, for a symbolic link. */
int file_stage_link(struct arena *a, const char *target, const char *leads_to)
{
	char *temp = file_staged_path(a, target);

	if (TEMP_FAILURE_RETRY(unlink(temp)) < 0 && errno != ENOENT)
		return -errno;
	return TEMP_FAILURE_RETRY(symlink(leads_to, temp)) < 0 ? -errno : 0;
}

int file_rename(const char *from, const char *to)
{
	return TEMP_FAILURE_RETRY(rename(from, to)) < 0 ? -errno : 0;
}

/* Puts a staged file in its place and syncs the directory. 0 or -errno; the target is then the old or the new file. */
int file_commit(struct arena *a, const char *target)
{
	int rc = file_rename(file_staged_path(a, target), target);

	return rc < 0 ? rc : file_sync_parent(target);
}

/* Takes a staged file away again. Nothing happens where there is none. */
void file_discard(struct arena *a, const char *target)
{
	(void)!TEMP_FAILURE_RETRY(unlink(file_staged_path(a, target)));
}

/* file_stage and file_commit in one. */
int file_replace(struct arena *a, const char *target, const char *bytes, size_t len, const struct file_owner *owner)
{
	int rc = file_stage(a, target, bytes, len, owner);

	if (rc < 0)
		return rc;
	rc = file_commit(a, target);
	if (rc < 0)
		file_discard(a, target);
	return rc;
}

/* Removes a file and syncs the directory. 0 also where there was none. */
int file_remove(const char *path)
{
	if (TEMP_FAILURE_RETRY(unlink(path)) < 0)
		return errno == ENOENT ? 0 : -errno;
	return file_sync_parent(path);
}

static int remove_entries(struct arena *a, const char *path, int levels)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
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

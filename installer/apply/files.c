#include "apply/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "detect/sysroot.h"

/*
 * Reads a regular file of at most 1 MiB, NUL-terminated, from a. ret_st may be NULL. Returns 0 or -errno: -EFBIG where
 * it is larger, -EINVAL where it is no regular file. Never blocks on a FIFO.
 */
int file_read(struct arena *a, const char *path, char **ret, size_t *ret_len, struct stat *ret_st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static size_t parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? (size_t)(slash - path) : 1;
}

/* Syncs the directory that holds path (absolute), so that a new or renamed entry survives a power cut. */
int file_sync_parent(const char *path)
{
	struct arena a = ARENA_INIT;
	int rc = file_sync_dir(arena_strndup(&a, path, parent_len(path)));

	arena_clear(&a);
	return rc;
}

/*
 * Makes the directory path (absolute) and every missing parent. *ret_first_made is the outermost one that was made, for the undo; NULL
 * where all were there. Returns 0 or -errno; a file in the way gives -ENOTDIR.
 */
int file_make_dirs(const char *path, mode_t mode, char **ret_first_made, struct arena *a)
{
	char *first = NULL;
	struct stat st;

	for (size_t i = 1; i <= strlen(path); i++) {
		char *part;

		if (path[i] != '/' && path[i] != '\0')
			continue;
		part = arena_strndup(a, path, i);
		if (mkdir(part, mode) == 0) {
			int rc = file_sync_parent(part);

			if (!first)
				first = part;
			if (rc < 0)
				return rc;
		} else if (errno != EEXIST) {
			return -errno;
		}
	}
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret_first_made = first;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Owner first, mode second: chown clears set-id bits, and the bytes are 0600 until the mode is right. */
static int finish(int fd, mode_t mode, const struct stat *replaces)
{
	if (replaces && fchown(fd, replaces->st_uid, replaces->st_gid) < 0 && errno != EPERM)
		return -errno;
	if (fchmod(fd, replaces ? replaces->st_mode & 07777 : mode) < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

/*
 * Writes bytes to a new file beside target, synced, with the mode given or the owner and mode of the file that it
 * will replace. Returns 0 and the staged file, or -errno with nothing left behind.
 */
int file_stage(struct arena *a, const char *target, const char *bytes, size_t len, mode_t mode,
	       const struct stat *replaces, struct staged_file *ret)
{
	unsigned long long tag;
	char *temp;
	int fd, rc;

	if (getrandom(&tag, sizeof(tag), 0) != (ssize_t)sizeof(tag))
		return -EIO;
	temp = arena_printf(a, "%s.%016llx.vpsfit-new", target, tag);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, len);
	if (rc == 0)
		rc = finish(fd, mode, replaces);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return rc;
	}
	*ret = (struct staged_file){temp, arena_strdup(a, target)};
	return 0;
}

/* Puts a staged file in its place and syncs the directory. 0 or -errno; the target is then the old or the new file. */
int file_commit(const struct staged_file *f)
{
	if (rename(f->temp, f->target) < 0)
		return -errno;
	return file_sync_parent(f->target);
}

/* Takes a staged file away again. Nothing happens where it was committed. */
void file_discard(const struct staged_file *f)
{
	if (f->temp)
		unlink(f->temp);
}

/* SPDX-License-Identifier: MIT */
#include "files/at.h"
#include "files/why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "files/trust.h"
#include "files/walk.h"

/* Larger values and lists of extended attributes are not copied to a replacing file. */
#define MAX_XATTR 65536

/*
 * Finds where path (absolute, below the root) leads; follow_last: also through a link at its end. On the running
 * machine only links of root's and the caller's are followed, and none below a directory that somebody else can write
 * to. Below another root all links are followed, but none leads out. Returns 0 even if the end of the path is
 * missing; -ENOLINK if a link was not followed (file_at_why names it); -ELOOP; or another -errno. *ret lives as long
 * as r and a.
 */
int file_at_find(const struct sysroot *r, struct arena *a, const char *path, bool follow_last, struct file_at *ret)
{
	struct walk w;
	int rc = walk_start(&w, r, path, sysroot_is_live(r), follow_last);

	sysroot_saw(r, path, false);
	if (rc == 0)
		rc = sysroot_hold(r, w.fd, &w.dir);
	if (rc >= 0) {
		w.fd = -1;
		*ret = (struct file_at){rc,
					arena_strdup(a, w.left),
					arena_printf(a, "%s/%s%s%s", sysroot_is_live(r) ? "" : r->root, w.done,
						     w.done_len > 0 ? "/" : "", w.left),
					w.missing,
					w.exposed,
					w.dir.st_uid,
					trust_writable_by_others(rc, &w.dir)};
	} else if (rc == -ENOLINK) {
		sysroot_note_refusal(r, w.refused, w.refused_uid, w.foreign);
	}
	walk_end(&w);
	return rc < 0 ? rc : 0;
}

/* Moves down to directories that were missing before and exist now, held by r. 0, or -errno if one is still missing. */
int file_at_settle(const struct sysroot *r, struct file_at *at)
{
	while (at->missing) {
		size_t n = strcspn(at->name, "/");
		char part[WALK_MAX_PATH];
		struct stat st;
		int fd, rc;

		if (n >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, at->name, n);
		part[n] = '\0';
		fd = (int)TEMP_FAILURE_RETRY(openat(at->dir, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		if (fd < 0)
			return errno == ENOENT || errno == ENOTDIR ? (at->missing = -errno) : -errno;
		rc = fstat(fd, &st) < 0 ? -errno : sysroot_hold(r, fd, &st);
		if (rc < 0) {
			close(fd);
			return rc;
		}
		at->dir = rc;
		at->name += n + strspn(at->name + n, "/");
		at->dir_uid = st.st_uid;
		at->dir_open = trust_writable_by_others(at->dir, &st);
		at->exposed |= sysroot_is_live(r) && (at->dir_open || !trust_owner(st.st_uid));
		if (!strchr(at->name, '/'))
			at->missing = 0;
	}
	return 0;
}

/* Was the directory removed since (by a rollback that is undone now)? A new one of its name is another place. */
bool file_at_gone(const struct file_at *at)
{
	struct stat st;

	return fstat(at->dir, &st) < 0 || st.st_nlink == 0;
}

/*
 * Is it a hard link that the directory's owner cannot have made, to /etc/shadow for example? Its bytes and mode must
 * not be copied to a new place. In a directory that nobody else can write to, hard links are its owner's business; so
 * are one's own files for anybody but root.
 */
static bool is_smuggled(const struct file_at *at, const struct stat *st)
{
	if (geteuid() != 0 && st->st_uid == geteuid())
		return false;
	return at->exposed && st->st_nlink > 1 && (at->dir_open || st->st_uid != at->dir_uid);
}

/* Opens what is there now for reading; fd or -errno. Never blocks on a FIFO. */
static int open_file(const struct file_at *at, struct stat *ret_st)
{
	int fd, rc = 0;

	if (at->missing)
		return at->missing;
	fd = (int)TEMP_FAILURE_RETRY(
		openat(at->dir, at->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0)
		rc = -errno;
	else if (!S_ISREG(ret_st->st_mode))
		rc = -EINVAL;
	else if (is_smuggled(at, ret_st))
		rc = -EMLINK;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* As file_read; -EMLINK for a hard link that is_smuggled rejects, -ELOOP if it became a link since the look-up. */
int file_at_read(const struct file_at *at, struct arena *a, char **ret, size_t *ret_len, struct stat *ret_st)
{
	struct stat st;
	int fd = open_file(at, &st), rc;

	if (fd < 0)
		return fd;
	rc = sysroot_read_fd(fd, a, FILES_MAX_READ, ret, ret_len);
	close(fd);
	if (rc == 0 && ret_st)
		*ret_st = st;
	return rc;
}

/* Reads the target of a symbolic link, unresolved. 0 or -errno: -EINVAL if it is no link. */
int file_at_read_link(const struct file_at *at, struct arena *a, char **ret, size_t *ret_len)
{
	char text[WALK_MAX_PATH];
	ssize_t n = at->missing ? -1 : readlinkat(at->dir, at->name, text, sizeof(text));

	if (n < 0)
		return at->missing ? at->missing : -errno;
	if ((size_t)n == sizeof(text))
		return -EFBIG;
	*ret = arena_strndup(a, text, (size_t)n);
	*ret_len = (size_t)n;
	return 0;
}

/* Lists the directory at this place, as sysroot_list. */
long file_at_list(const struct file_at *at, struct arena *a, char ***ret)
{
	int fd = at->missing ? at->missing
			     : (int)TEMP_FAILURE_RETRY(
				       openat(at->dir, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	return fd < 0 ? (at->missing ? at->missing : -errno) : sysroot_list_fd(fd, a, ret);
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

static int copy_xattr(int from, int to, const char *name)
{
	char *value = xrealloc(NULL, MAX_XATTR);
	ssize_t n = fgetxattr(from, name, value, MAX_XATTR);
	int rc = 0;

	/* Attributes that the kernel sets by itself or reserves are not ours to copy. */
	if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) < 0 && errno != EPERM && errno != EOPNOTSUPP)
		rc = -errno;
	free(value);
	return rc;
}

/* Skips capabilities: writing to a file drops them too. */
static int copy_all(int from, int to)
{
	char *names;
	ssize_t n = flistxattr(from, NULL, 0);
	int rc = 0;

	if (n <= 0 || n > MAX_XATTR)
		return 0;
	names = xrealloc(NULL, (size_t)n);
	n = flistxattr(from, names, (size_t)n);
	for (ssize_t at = 0; rc == 0 && at < n; at += (ssize_t)strlen(names + at) + 1)
		if (!STR_EQ(names + at, "security.capability"))
			rc = copy_xattr(from, to, names + at);
	free(names);
	return rc;
}

/* Copies ACLs, labels and user attributes of the file to be replaced; if `seen`, only while it is that very file. */
static int copy_xattrs(const struct file_at *from, const struct stat *seen, int to)
{
	struct stat st;
	int fd = open_file(from, &st), rc;

	if (fd == -ENOENT || fd == -EINVAL || fd == -ELOOP || fd == -ENXIO)
		return 0;
	if (fd < 0)
		return fd;
	rc = seen && (st.st_ino != seen->st_ino || st.st_dev != seen->st_dev) ? 0 : copy_all(fd, to);
	close(fd);
	return rc;
}

/* Owner before mode: chown clears set-id bits, and the file stays 0600 until its owner is right. */
static int finish(int fd, const struct file_at *at, const struct stat *seen, const struct file_owner *owner)
{
	int rc = copy_xattrs(at, seen, fd);

	if (rc < 0)
		return rc;
	if (TEMP_FAILURE_RETRY(fchown(fd, owner->uid, owner->gid)) < 0 && errno != EPERM)
		return -errno;
	if (TEMP_FAILURE_RETRY(fchmod(fd, owner->mode & 07777)) < 0)
		return -errno;
	return TEMP_FAILURE_RETRY(fsync(fd)) < 0 ? -errno : 0;
}

/* Hidden, in the same directory, and a fixed name, so that a cleanup after a crash finds it. */
static const char *staged_name(struct arena *a, const struct file_at *at)
{
	return arena_printf(a, ".%s.vpsfit-new", at->name);
}

/* Removes a staged file of an earlier run. */
static int clear_staged(const struct file_at *at, const char *temp)
{
	if (at->missing)
		return at->missing;
	return TEMP_FAILURE_RETRY(unlinkat(at->dir, temp, 0)) < 0 && errno != ENOENT ? -errno : 0;
}

/*
 * Writes bytes to a new file beside the place, synced, with this owner and mode and the extended attributes of the
 * present file (if `seen`, only of that very one). Returns 0, or -errno with nothing left behind.
 */
int file_at_stage(const struct file_at *at, struct arena *a, const char *bytes, size_t len,
		  const struct file_owner *owner, const struct stat *seen)
{
	const char *temp = staged_name(a, at);
	int fd, rc = clear_staged(at, temp);

	if (rc < 0)
		return rc;
	fd = (int)TEMP_FAILURE_RETRY(openat(at->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, len);
	if (rc == 0)
		rc = finish(fd, at, seen, owner);
	if (close(fd) < 0 && rc == 0 && errno != EINTR)
		rc = -errno;
	if (rc < 0)
		(void)!TEMP_FAILURE_RETRY(unlinkat(at->dir, temp, 0));
	return rc;
}

/* As file_at_stage, for a symbolic link. */
int file_at_stage_link(const struct file_at *at, struct arena *a, const char *leads_to)
{
	const char *temp = staged_name(a, at);
	int rc = clear_staged(at, temp);

	if (rc < 0)
		return rc;
	return TEMP_FAILURE_RETRY(symlinkat(leads_to, at->dir, temp)) < 0 ? -errno : 0;
}

/* Syncs the directory `name`, relative to dir. 0 or -errno. */
int file_at_sync_dir(int dir, const char *name)
{
	int fd = (int)TEMP_FAILURE_RETRY(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (TEMP_FAILURE_RETRY(fsync(fd)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Renames a staged file to its place and syncs the directory. 0 or -errno; either the old or the new file is there. */
int file_at_commit(const struct file_at *at, struct arena *a)
{
	if (at->missing)
		return at->missing;
	if (TEMP_FAILURE_RETRY(renameat(at->dir, staged_name(a, at), at->dir, at->name)) < 0)
		return -errno;
	return file_at_sync_dir(at->dir, ".");
}

/* Removes a staged file, if there is one. */
void file_at_discard(const struct file_at *at, struct arena *a)
{
	(void)!clear_staged(at, staged_name(a, at));
}

/* Removes a file and syncs the directory. 0 also if there was none. */
int file_at_remove(const struct file_at *at)
{
	if (at->missing)
		return at->missing == -ENOENT ? 0 : at->missing;
	if (TEMP_FAILURE_RETRY(unlinkat(at->dir, at->name, 0)) < 0)
		return errno == ENOENT ? 0 : -errno;
	return file_at_sync_dir(at->dir, ".");
}

/* Makes one directory with exactly this mode, whatever the umask. 0 also if it exists; -ENOTDIR if not a directory. */
int file_at_make_dir(const struct file_at *at, mode_t mode)
{
	mode_t mask;
	struct stat st;
	int rc;

	if (at->missing)
		return at->missing;
	mask = umask(0);
	rc = TEMP_FAILURE_RETRY(mkdirat(at->dir, at->name, mode)) < 0 ? -errno : 0;
	umask(mask);
	if (rc == 0)
		return file_at_sync_dir(at->dir, ".");
	if (rc != -EEXIST)
		return rc;
	if (fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* Removes an empty directory (never follows a link) and syncs its parent. */
int file_at_remove_dir(const struct file_at *at)
{
	struct stat st;

	if (at->missing)
		return at->missing;
	/* A read-only file system says so before it says that there is nothing. */
	if (fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    TEMP_FAILURE_RETRY(unlinkat(at->dir, at->name, AT_REMOVEDIR)) < 0)
		return -errno;
	return file_at_sync_dir(at->dir, ".");
}

const char *file_at_why(const struct sysroot *r, struct arena *a, int rc)
{
	const struct sysroot_refusal *refused = sysroot_refusal(r);

	if (rc == -EMLINK)
		return _(
			"it is a hard link: the same file has another name elsewhere, and another user can write to this directory");
	if (rc != -ENOLINK || !refused)
		return file_read_why(rc);
	return refused->foreign
		       ? arena_printf(
				 a,
				 _("%s is a symbolic link below a directory that another user can change (owner %u); "
				   "vpsfit follows no links there"),
				 refused->path, (unsigned)refused->uid)
		       : arena_printf(
				 a,
				 _("%s is a symbolic link that belongs to user %u; vpsfit follows only root's links and "
				   "your own"),
				 refused->path, (unsigned)refused->uid);
}

const char *file_at_hint(int rc, const char *otherwise)
{
	return rc == -ENOLINK
		       ? _("replace the link with the file or directory itself; or run vpsfit as that user; or, where the "
			   "directory is yours, let nobody else write to it ('chmod go-w', 'setfacl -b')")
	       : rc == -EMLINK
		       ? _("check with 'ls -li' which file it is; if it belongs here, replace it with a copy of itself")
		       : otherwise;
}

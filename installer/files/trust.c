/* SPDX-License-Identifier: MIT */
#include "files/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/i18n.h"

/* Root can do anything anyway, and the caller does not attack himself. */
bool trust_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* Does an ACL name users or groups besides those of the mode? An error counts as yes. */
static bool has_acl(const char *path)
{
	return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

/*
 * Writing by the group is harmless if that is root's, or the private group of `who` (same number). With an ACL, the
 * mode's group bits are its mask, the most that any entry grants (acl(5)): without them nobody else can write.
 */
static bool is_writable_besides(const char *path, const struct stat *st, uid_t who)
{
	if (st->st_mode & S_IWOTH)
		return true;
	return (st->st_mode & S_IWGRP) && ((st->st_gid != 0 && st->st_gid != who) || has_acl(path));
}

/*
 * Could anybody besides owner, root and `who` put something into this directory, or change this file? fd may be
 * O_PATH: the ACL is read through /proc/self/fd, since fgetxattr(2) refuses O_PATH.
 */
bool trust_writable_besides(int fd, const struct stat *st, uid_t who)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return is_writable_besides(path, st, who);
}

/* Could anybody besides owner, root and this process's user write to it? */
bool trust_writable_by_others(int fd, const struct stat *st)
{
	return trust_writable_besides(fd, st, geteuid());
}

/*
 * Could somebody else have replaced a link in this directory? Its owner could, and so could whoever can write to it,
 * unless the sticky bit protects others' names. That a link is root's proves nothing: a member of the group cannot
 * make one, but can rename one that leads elsewhere.
 */
bool trust_links_open(int fd, const struct stat *st)
{
	return !trust_owner(st->st_uid) || (!(st->st_mode & S_ISVTX) && trust_writable_by_others(fd, st));
}

static int distrust(struct arena *a, const char *path, const struct stat *st, struct diag_list *diags)
{
	struct diag *d;
	unsigned mode = (unsigned)st->st_mode & 07777, uid = (unsigned)st->st_uid;

	if (S_ISLNK(st->st_mode))
		d = diag_add(diags, SEV_ERROR, path,
			     _("is a symbolic link; vpsfit does not read its state through links"));
	else if (!trust_owner(st->st_uid))
		d = diag_add(
			diags, SEV_ERROR, path,
			_("belongs to user %u (mode %04o); vpsfit trusts its state only where root or you own it; nothing "
			  "was changed"),
			uid, mode);
	else
		d = diag_add(
			diags, SEV_ERROR, path,
			_("can be written by other users (owner %u, mode %04o); vpsfit trusts its state only where nobody "
			  "else can write; nothing was changed"),
			uid, mode);
	d->hint = S_ISLNK(st->st_mode)
			  ? _("replace the link with what it leads to, or name another directory with --state")
		  : !trust_owner(st->st_uid)
			  ? arena_printf(a,
					 _("check what is in it; if it is yours, give the state directory to "
					   "user %u with 'chown -R', else name another with --state"),
					 (unsigned)geteuid())
			  : _("check what is in it; if it is as you left it, run 'chmod -R go-w' on the state "
			      "directory, else name another with --state");
	return -EBADMSG;
}

/*
 * State is a set of instructions: it is trusted only if root or the caller owns it and nobody else can write to it.
 * Checks one file or directory on this host. Returns 0 also if it is missing or cannot be examined (reading it will
 * fail); -EBADMSG with an error that names it.
 */
int trust_own(struct arena *a, const char *path, struct diag_list *diags)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode) || !trust_owner(st.st_uid) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return distrust(a, path, &st, diags);
	return 0;
}

/*
 * Root keeps no state below a directory in which somebody else can replace names. path must contain no links. Returns
 * 0, or -EBADMSG with an error.
 */
int trust_parents(struct arena *a, const char *path, struct diag_list *diags)
{
	if (geteuid() != 0)
		return 0;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *part = arena_strndup(a, path, (size_t)(slash - path));
		struct stat st;

		if (lstat(part, &st) < 0)
			return 0;
		if (trust_owner(st.st_uid) && ((st.st_mode & S_ISVTX) || !is_writable_besides(part, &st, 0)))
			continue;
		diag_add(
			diags, SEV_ERROR, path,
			_("lies below %s, which another user can change (owner %u, mode %04o); root keeps no state there; "
			  "nothing was changed"),
			part, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777)
			->hint =
			_("run vpsfit as the owner of that directory, or name a directory of root's with --state");
		return -EBADMSG;
	}
	return 0;
}

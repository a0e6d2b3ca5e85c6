/* SPDX-License-Identifier: MIT */
#include "files/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/i18n.h"

/* Root may do anything anyway, and nobody attacks himself. */
bool trust_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/*
 * An access control list names users or groups besides the one that the mode is for. What cannot be asked counts as
 * one.
 */
static bool has_acl(const char *path)
{
	return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

/*
 * Root's group is root, and a user's private group, which has his number, is he. With an access control list the
 * group's bits of the mode are its mask, the most that any of its entries gives (acl(5)): without them it lets nobody
 * write.
 */
static bool is_writable_besides(const char *path, const struct stat *st, uid_t who)
{
	if (st->st_mode & S_IWOTH)
		return true;
	return (st->st_mode & S_IWGRP) && ((st->st_gid != 0 && st->st_gid != who) || has_acl(path));
}

/*
 * Could somebody besides its owner, root and `who` put something into this directory, or change this file? fd is open
 * on it, at least with O_PATH, which can be asked for attributes through /proc alone.
 */
bool trust_writable_besides(int fd, const struct stat *st, uid_t who)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return is_writable_besides(path, st, who);
}

/* Could somebody other than its owner and this process's user? */
bool trust_writable_by_others(int fd, const struct stat *st)
{
	return trust_writable_besides(fd, st, geteuid());
}

/*
 * Could somebody else have exchanged a link in this directory for another? Its owner could, and whoever may write in
 * it, unless the sticky bit keeps names to those who made them. That a link belongs to root proves nothing there: a
 * member of the group cannot make one, but can rename one that leads elsewhere to the name that is written to, or
 * removed.
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
 * What is remembered is an instruction: it is believed only where root or the caller owns it and nobody else can write
 * it. Looks at one file or directory (on this host). 0 also where there is none, or where it cannot be seen: whoever
 * reads it says so. -EBADMSG with an error that names it.
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
 * Root does not keep what it believes below a directory in which somebody else can exchange names. path has no links in
 * it. 0, or -EBADMSG with an error.
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

#include "files/trust.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"

/* Root may do anything anyway, and nobody attacks himself. */
bool trust_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* Could somebody other than its owner put something into this directory, or change this file? Root's group is root. */
bool trust_writable_by_others(const struct stat *st)
{
	return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0);
}

/*
 * Could somebody else have exchanged a link in this directory for another? Its owner could, and where everybody may write
 * anybody, unless the sticky bit keeps names to those who made them. A group can exchange links of ours for links of ours
 * only, which tells it nothing that it may not know: the owner of the link is what is looked at there.
 */
bool trust_links_open(const struct stat *st)
{
	return !trust_owner(st->st_uid) || ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX));
}

static int distrust(struct arena *a, const char *path, const struct stat *st, struct diag_list *diags)
{
	struct diag *d;
	unsigned mode = (unsigned)st->st_mode & 07777, uid = (unsigned)st->st_uid;

	if (S_ISLNK(st->st_mode))
		d = diag_add(diags, SEV_ERROR, path, _("is a symbolic link, and what vpsfit remembers is not read through one"));
	else if (!trust_owner(st->st_uid))
		d = diag_add(diags, SEV_ERROR, path,
			     _("belongs to user %u (mode %04o), and what vpsfit remembers is believed only where it is root's "
			       "or your own; nothing was changed"),
			     uid, mode);
	else
		d = diag_add(diags, SEV_ERROR, path,
			     _("can be written by others (user %u, mode %04o), so what vpsfit remembers there is not "
			       "believed; nothing was changed"),
			     uid, mode);
	d->hint = S_ISLNK(st->st_mode)	      ? _("put what it leads to in its place, or say another --state")
		  : !trust_owner(st->st_uid) ? arena_printf(a, _("look at what is in it; where it is yours, 'chown -R' the "
								 "state directory to user %u, else say another --state"),
							    (unsigned)geteuid())
					      : _("look at what is in it; where it is as you left it, 'chmod -R go-w' the "
						  "state directory, else say another --state");
	return -EBADMSG;
}

/*
 * What is remembered is an instruction: it is believed only where root or the caller owns it and nobody else can write it.
 * Looks at one file or directory (on this host). 0 also where there is none, or where it cannot be seen: whoever reads it
 * says so. -EBADMSG with an error that names it.
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
		if (trust_owner(st.st_uid) && (!trust_writable_by_others(&st) || (st.st_mode & S_ISVTX)))
			continue;
		diag_add(diags, SEV_ERROR, path,
			 _("lies below %s, which user %u or its group can change (mode %04o), so root does not keep its state "
			   "there; nothing was changed"),
			 part, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777)
			->hint = _("run vpsfit as the user whose directory it is, or say --state with a directory of root's");
		return -EBADMSG;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Walks a path part by part. Each part is opened without following a link (O_PATH | O_NOFOLLOW), examined by that
 * descriptor, and the next one is opened from it: nobody can exchange a part between check and use. Links are read by
 * descriptor too, and their targets are walked in the same way, absolute ones from the root again. So nothing leads
 * out of a root, and on the running machine nothing leads through a link that somebody else could have made.
 */
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/macros.h"
#include "files/trust.h"

#define MAX_LINKS 40

static const char *rest_of(const char *left)
{
	return left + strspn(left, "/");
}

/* Notes who could have changed this directory. Once foreign, the walk stays foreign, however deep it goes. */
static void weigh(struct walk *w, const struct stat *st)
{
	w->dir = *st;
	if (!w->careful)
		return;
	if (!w->foreign && trust_links_open(w->fd, st)) {
		w->foreign = true;
		w->foreign_uid = st->st_uid;
	}
	w->exposed |= w->foreign || trust_writable_by_others(w->fd, st);
}

static int enter(struct walk *w, int fd, const struct stat *st)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	weigh(w, st);
	return 0;
}

/* Opens the directory `name` below `from` and moves the walk there. */
static int enter_dir(struct walk *w, int from, const char *name)
{
	int fd = (int)TEMP_FAILURE_RETRY(openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return enter(w, fd, &st);
}

static int from_root(struct walk *w)
{
	return enter_dir(w, w->root->fd, ".");
}

static bool add_done(struct walk *w, const char *name, size_t n)
{
	if (w->done_len + n + 2 > sizeof(w->done))
		return false;
	if (w->done_len > 0)
		w->done[w->done_len++] = '/';
	memcpy(w->done + w->done_len, name, n);
	w->done_len += n;
	w->done[w->done_len] = '\0';
	return true;
}

/* Walks to the parent from the root, not by "..": a directory may have been moved out of the root meanwhile. */
static int go_up(struct walk *w)
{
	char part[WALK_MAX_PATH];
	int rc;

	while (w->done_len > 0 && w->done[w->done_len - 1] != '/')
		w->done_len--;
	if (w->done_len > 0)
		w->done_len--;
	w->done[w->done_len] = '\0';
	rc = from_root(w);
	for (const char *p = w->done; rc == 0 && *p; p = rest_of(p + strcspn(p, "/"))) {
		size_t n = strcspn(p, "/");

		memcpy(part, p, n);
		part[n] = '\0';
		rc = enter_dir(w, w->fd, part);
	}
	return rc;
}

static int refuse(struct walk *w, const char *name, uid_t uid)
{
	size_t n = strlen(name);

	w->refused_uid = uid;
	memcpy(w->refused, w->done, w->done_len + 1);
	if (w->done_len + n + 2 <= sizeof(w->refused)) {
		w->refused[w->done_len] = '/';
		memcpy(w->refused + w->done_len + (w->done_len > 0), name, n + 1);
	}
	return -ENOLINK;
}

/*
 * Puts the link's target before the rest of the path. The sticky bit keeps others from renaming root's link, but not
 * from making a hard link to one (fs.protected_hardlinks=0).
 */
static int follow(struct walk *w, int fd, const struct stat *st, const char *name)
{
	char target[WALK_MAX_PATH];
	size_t left = strlen(w->left);
	ssize_t n;

	if (w->careful && !w->foreign && st->st_nlink > 1 && trust_writable_by_others(w->fd, &w->dir)) {
		w->foreign = true;
		w->foreign_uid = w->dir.st_uid;
	}
	if (w->careful && (w->foreign || !trust_owner(st->st_uid)))
		return refuse(w, name, w->foreign ? w->foreign_uid : st->st_uid);
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	if (++w->links > MAX_LINKS || (size_t)n + 1 + left + 1 > sizeof(w->left))
		return -ELOOP;
	memmove(w->left + n + 1, w->left, left + 1);
	memcpy(w->left, target, (size_t)n);
	w->left[n] = '/';
	if (target[0] != '/' || n == 0)
		return 0;
	w->done[w->done_len = 0] = '\0';
	return from_root(w);
}

/* Takes the next part off the rest of the path. False if there is none. */
static bool next_part(struct walk *w, char *name)
{
	const char *start = rest_of(w->left);
	size_t n = strcspn(start, "/");

	memcpy(name, start, n);
	name[n] = '\0';
	start += n;
	memmove(w->left, rest_of(start), strlen(rest_of(start)) + 1);
	return n > 0;
}

static bool climbs(const char *left)
{
	for (const char *p = left; *p; p = rest_of(p + strcspn(p, "/")))
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/* The walk may end here: the part may be made later, or its use fails. Other errors must not pass for "no link". */
static bool is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ENAMETOOLONG;
}

/* Ends the walk: w->left becomes `name` and, if something is missing, everything after it. */
static int stop(struct walk *w, const char *name, int missing)
{
	size_t n = strlen(name), left = strlen(w->left);

	if (n + 1 + left + 1 > sizeof(w->left))
		return -ENAMETOOLONG;
	if (missing && climbs(w->left))
		return -ENOENT;
	memmove(w->left + n + (left > 0), w->left, left + 1);
	memcpy(w->left, name, n);
	if (left > 0)
		w->left[n] = '/';
	else
		w->left[n] = '\0';
	w->missing = left > 0 ? missing : 0;
	return 1;
}

/* Walks one part. 1: done; 0: continue; or -errno. */
static int step(struct walk *w, const char *name)
{
	bool last = w->left[0] == '\0';
	struct stat st;
	int fd, rc;

	if (STR_EQ(name, "."))
		return 0;
	if (STR_EQ(name, ".."))
		return go_up(w);
	if (last && !w->follow_last)
		return stop(w, name, 0);
	fd = (int)TEMP_FAILURE_RETRY(openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return is_missing(errno) ? stop(w, name, -errno) : -errno;
	rc = fstat(fd, &st) < 0 ? -errno : 0;
	if (rc == 0 && S_ISLNK(st.st_mode))
		rc = follow(w, fd, &st, name);
	else if (rc == 0 && !last && S_ISDIR(st.st_mode))
		return add_done(w, name, strlen(name)) ? enter(w, fd, &st) : (close(fd), -ENAMETOOLONG);
	else if (rc == 0)
		rc = stop(w, name, -ENOTDIR);
	close(fd);
	return rc;
}

/*
 * Walks to where path (absolute, below the root) leads. 0: w->fd is the last existing directory, w->left the rest
 * below it ("." if path is that directory). -ENOLINK, with w->refused, if somebody else's link would have to be
 * followed; -ELOOP; or another -errno. Call walk_end in any case.
 */
int walk_start(struct walk *w, const struct sysroot *r, const char *path, bool careful, bool follow_last)
{
	char name[WALK_MAX_PATH];
	size_t n = strlen(path);
	int rc;

	w->root = r;
	w->careful = careful;
	w->follow_last = follow_last;
	w->fd = -1;
	w->foreign = w->exposed = false;
	w->foreign_uid = 0;
	w->missing = w->links = 0;
	w->done[w->done_len = 0] = w->refused[0] = '\0';
	if (n >= sizeof(w->left))
		return -ENAMETOOLONG;
	memcpy(w->left, path, n + 1);
	rc = from_root(w);
	while (rc == 0) {
		if (!next_part(w, name)) {
			memcpy(w->left, ".", 2);
			return 0;
		}
		rc = step(w, name);
	}
	return rc < 0 ? rc : 0;
}

void walk_end(struct walk *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

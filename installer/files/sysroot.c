/* SPDX-License-Identifier: MIT */
#include "files/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/walk.h"

/* More directories than a stack and all of its swap files are in. */
#define MAX_HELD 128

struct held_dir {
	int fd;
	dev_t dev;
	ino_t ino;
};

struct sysroot_held {
	size_t count;
	struct held_dir dirs[MAX_HELD];
	sysroot_seen *seen;
	void *seen_context;
	struct sysroot_refusal refusal;
	char refused[WALK_MAX_PATH + 1];
};

int sysroot_open(struct sysroot *r, const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*r = (struct sysroot){realpath(dir, NULL), fd, false, NULL};
	if (!r->root) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	r->live = STR_EQ(r->root, "/");
	r->held = xrealloc(NULL, sizeof(*r->held));
	memset(r->held, 0, sizeof(*r->held));
	return 0;
}

void sysroot_close(struct sysroot *r)
{
	for (size_t i = 0; i < r->held->count; i++)
		close(r->held->dirs[i].fd);
	close(r->fd);
	free(r->held);
	free(r->root);
	*r = (struct sysroot){NULL, -1, false, NULL};
}

/* Is it the running machine, so that system calls describe it too? */
bool sysroot_is_live(const struct sysroot *r)
{
	return r->live;
}

void sysroot_trace(const struct sysroot *r, sysroot_seen *seen, void *context)
{
	r->held->seen = seen;
	r->held->seen_context = context;
}

void sysroot_saw(const struct sysroot *r, const char *path, bool listed)
{
	if (r->held->seen)
		r->held->seen(r->held->seen_context, path, listed);
}

int sysroot_hold(const struct sysroot *r, int fd, const struct stat *st)
{
	struct sysroot_held *h = r->held;

	for (size_t i = 0; i < h->count; i++)
		if (h->dirs[i].dev == st->st_dev && h->dirs[i].ino == st->st_ino) {
			close(fd);
			return h->dirs[i].fd;
		}
	if (h->count == MAX_HELD)
		return -EMFILE;
	h->dirs[h->count++] = (struct held_dir){fd, st->st_dev, st->st_ino};
	return fd;
}

void sysroot_note_refusal(const struct sysroot *r, const char *path, uid_t uid, bool foreign)
{
	struct sysroot_held *h = r->held;

	snprintf(h->refused, sizeof(h->refused), "/%s", path + strspn(path, "/"));
	h->refusal = (struct sysroot_refusal){h->refused, uid, foreign};
}

const struct sysroot_refusal *sysroot_refusal(const struct sysroot *r)
{
	return r->held->refusal.path ? &r->held->refusal : NULL;
}

/* For facts about the machine all links are followed; none leads out of another root. */
static int walk_to(struct walk *w, const struct sysroot *r, const char *path, bool follow_last)
{
	return walk_start(w, r, path, false, follow_last);
}

char *sysroot_resolve(const struct sysroot *r, struct arena *a, const char *path)
{
	struct walk w;
	char *host = NULL;
	int rc = walk_to(&w, r, path, true);

	sysroot_saw(r, path, false);
	if (rc == 0)
		host = STR_EQ(w.left, ".") ? arena_printf(a, "%s/%s", r->live ? "" : r->root, w.done)
					   : arena_printf(a, "%s/%s%s%s", r->live ? "" : r->root, w.done,
							  w.done_len ? "/" : "", w.left);
	walk_end(&w);
	errno = -rc;
	return host;
}

static int open_below(const struct sysroot *r, const char *path, int flags)
{
	struct walk w;
	int fd, rc;

	sysroot_saw(r, path, flags & O_DIRECTORY);
	flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	if (r->live) {
		fd = open(path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	rc = walk_to(&w, r, path, true);
	if (rc == 0) {
		fd = openat(w.fd, w.left, flags | O_NOFOLLOW | O_CLOEXEC);
		rc = fd < 0 ? -errno : fd;
	}
	walk_end(&w);
	return rc;
}

int sysroot_stat(const struct sysroot *r, const char *path, struct stat *ret)
{
	struct walk w;
	int rc;

	sysroot_saw(r, path, false);
	if (r->live)
		return stat(path, ret) < 0 ? -errno : 0;
	rc = walk_to(&w, r, path, true);
	if (rc == 0 && fstatat(w.fd, w.left, ret, AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	walk_end(&w);
	return rc;
}

bool sysroot_exists(const struct sysroot *r, const char *path)
{
	struct stat st;

	return sysroot_stat(r, path, &st) == 0;
}

/* Is a regular file there? Links are followed, as sysroot_stat follows them. */
bool sysroot_is_file(const struct sysroot *r, const char *path)
{
	struct stat st;

	return sysroot_stat(r, path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Checks the type before it opens: opening a device can have side effects, and a FIFO has no end. */
int sysroot_open_file(const struct sysroot *r, const char *path)
{
	struct stat st;
	int rc = sysroot_stat(r, path, &st);

	if (rc < 0)
		return rc;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	return open_below(r, path, O_RDONLY);
}

/* Opens a directory for reading its names; fd or -errno. */
int sysroot_open_dir(const struct sysroot *r, const char *path)
{
	return open_below(r, path, O_RDONLY | O_DIRECTORY);
}

char *sysroot_readlink(const struct sysroot *r, struct arena *a, const char *path)
{
	char target[WALK_MAX_PATH];
	struct walk w;
	ssize_t n = -1;

	sysroot_saw(r, path, false);
	if (walk_to(&w, r, path, false) == 0)
		n = readlinkat(w.fd, w.left, target, sizeof(target));
	walk_end(&w);
	return n < 0 || (size_t)n == sizeof(target) ? NULL : arena_strndup(a, target, (size_t)n);
}

#include "files/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINKS 40
#define MAX_PATH 4096

int sysroot_open(struct sysroot *r, const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*r = (struct sysroot){realpath(dir, NULL), fd, false};
	if (!r->root) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	r->live = STR_EQ(r->root, "/");
	return 0;
}

void sysroot_close(struct sysroot *r)
{
	close(r->fd);
	free(r->root);
	*r = (struct sysroot){NULL, -1, false};
}

/* Is this the running machine, so that system calls speak of it too? */
bool sysroot_is_live(const struct sysroot *r)
{
	return r->live;
}

struct walk {
	const struct sysroot *root;
	char done[MAX_PATH]; /* resolved so far, relative to the root, no leading slash */
	size_t done_len;
	char left[MAX_PATH]; /* still to be resolved */
	int links;
};

static void go_up(struct walk *w)
{
	while (w->done_len > 0 && w->done[w->done_len - 1] != '/')
		w->done_len--;
	if (w->done_len > 0)
		w->done_len--;
	w->done[w->done_len] = '\0';
}

static bool go_down(struct walk *w, const char *name, size_t n)
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

/* Where done now names a symlink, its target goes before what is left; an absolute one starts at the root again. */
static bool follow(struct walk *w)
{
	char target[MAX_PATH], rest[MAX_PATH];
	ssize_t n = readlinkat(w->root->fd, w->done, target, sizeof(target) - 1);
	size_t rest_len = strlen(w->left);

	if (n < 0)
		return true;
	if (++w->links > MAX_LINKS || (size_t)n + 1 + rest_len + 1 > sizeof(w->left))
		return false;
	target[n] = '\0';
	memcpy(rest, w->left, rest_len + 1);
	memcpy(w->left, target, (size_t)n);
	w->left[n] = '/';
	memcpy(w->left + n + 1, rest, rest_len + 1);
	if (target[0] == '/')
		w->done[w->done_len = 0] = '\0';
	else
		go_up(w);
	return true;
}

static bool step(struct walk *w)
{
	char name[MAX_PATH];
	size_t slashes = strspn(w->left, "/");
	size_t n = strcspn(w->left + slashes, "/");

	memcpy(name, w->left + slashes, n);
	name[n] = '\0';
	memmove(w->left, w->left + slashes + n, strlen(w->left + slashes + n) + 1);
	if (n == 0 || STR_EQ(name, "."))
		return true;
	if (STR_EQ(name, "..")) {
		go_up(w);
		return true;
	}
	return go_down(w, name, n) && follow(w);
}

/* Resolves path below the root, one component after the other; nothing leads above it. */
static bool walk_path(struct walk *w, const struct sysroot *r, const char *path)
{
	size_t n = strlen(path);

	w->root = r;
	w->done_len = 0;
	w->done[0] = '\0';
	w->links = 0;
	if (n >= sizeof(w->left))
		return false;
	memcpy(w->left, path, n + 1);
	while (w->left[0])
		if (!step(w))
			return false;
	return true;
}

char *sysroot_resolve(const struct sysroot *r, struct arena *a, const char *path)
{
	struct walk w;

	if (!walk_path(&w, r, path))
		return NULL;
	return arena_printf(a, "%s/%s", r->live ? "" : r->root, w.done);
}

static int open_below(const struct sysroot *r, const char *path, int flags)
{
	struct walk w;
	int fd;

	flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	if (r->live)
		fd = open(path, flags | O_CLOEXEC);
	else if (!walk_path(&w, r, path))
		return -ELOOP;
	else
		fd = openat(r->fd, w.done[0] ? w.done : ".", flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysroot_stat(const struct sysroot *r, const char *path, struct stat *ret)
{
	struct walk w;
	int rc;

	if (r->live)
		rc = stat(path, ret);
	else if (!walk_path(&w, r, path))
		return -ELOOP;
	else
		rc = fstatat(r->fd, w.done[0] ? w.done : ".", ret, AT_SYMLINK_NOFOLLOW);
	return rc < 0 ? -errno : 0;
}

bool sysroot_exists(const struct sysroot *r, const char *path)
{
	struct stat st;

	return sysroot_stat(r, path, &st) == 0;
}

/* Looks before it opens: opening a device can do things, and a FIFO has no end. */
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

/* A directory for reading its names; fd or -errno. */
int sysroot_open_dir(const struct sysroot *r, const char *path)
{
	return open_below(r, path, O_RDONLY | O_DIRECTORY);
}

char *sysroot_readlink(const struct sysroot *r, struct arena *a, const char *path)
{
	char target[MAX_PATH], *parent = arena_strdup(a, path), *slash = strrchr(parent, '/');
	struct walk w;
	ssize_t n;

	if (!slash)
		return NULL;
	*slash = '\0';
	if (!walk_path(&w, r, parent) || !go_down(&w, slash + 1, strlen(slash + 1)))
		return NULL;
	n = readlinkat(r->fd, w.done, target, sizeof(target));
	return n < 0 || (size_t)n == sizeof(target) ? NULL : arena_strndup(a, target, (size_t)n);
}

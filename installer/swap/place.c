/* SPDX-License-Identifier: MIT */
#include "swap/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "files/trust.h"
#include "swap/unit.h"

#define MAX_LINKS 40
#define MAX_PATH 4096

struct walk {
	struct arena *a;
	int dir;	  /* directory reached so far, O_PATH */
	const char *left; /* rest of the path, without leading slashes */
	const char *way;  /* name of dir, for messages */
	const char *unsafe;
	int links;
};

/* Can anybody besides root remove or replace entries of this directory? */
static bool others_write(int fd, const struct stat *st)
{
	return st->st_uid != 0 || (!(st->st_mode & S_ISVTX) && trust_writable_besides(fd, st, 0));
}

static void distrust(struct walk *w, const char *name)
{
	if (!w->unsafe)
		w->unsafe = arena_printf(
			w->a,
			_("another user can write to %s, and could put a file of their own in the swap file's "
			  "place: choose a path in a directory that only root can write to with --swap-file"),
			name);
}

/* Moves the walk to the directory `fd`, which it then owns. */
static int enter(struct walk *w, int fd, const char *way)
{
	struct stat st;

	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	w->way = way;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (others_write(fd, &st))
		distrust(w, way);
	return 0;
}

static int enter_root(struct walk *w)
{
	int fd = (int)TEMP_FAILURE_RETRY(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));

	return fd < 0 ? -errno : enter(w, fd, "/");
}

/* Puts the link's target before the rest of the path. Somebody else's link may lead anywhere tomorrow. */
static int follow(struct walk *w, int link, const struct stat *st, const char *name)
{
	char target[MAX_PATH];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);

	close(link);
	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	if (++w->links > MAX_LINKS || (size_t)n == sizeof(target) - 1)
		return -ELOOP;
	if (st->st_uid != 0)
		distrust(w, name);
	target[n] = '\0';
	w->left = arena_printf(w->a, "%s/%s", target, w->left);
	return target[0] == '/' ? enter_root(w) : 0;
}

/* Walks one part of the path. */
static int step(struct walk *w)
{
	size_t n = strcspn(w->left, "/");
	const char *part = arena_strndup(w->a, w->left, n);
	const char *name = arena_printf(w->a, "%s%s%s", w->way, STR_EQ(w->way, "/") ? "" : "/", part);
	struct stat st;
	int fd;

	w->left += n;
	w->left += strspn(w->left, "/");
	if (n == 0 || STR_EQ(part, "."))
		return 0;
	fd = (int)TEMP_FAILURE_RETRY(openat(w->dir, part, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
		return follow(w, fd, &st, name);
	return enter(w, fd, name);
}

int swap_place_open(struct arena *a, const char *path, const char **ret_unsafe)
{
	const char *slash = strrchr(path, '/');
	struct walk w = {
		.a = a, .dir = -1, .left = arena_strndup(a, path + 1, slash > path ? (size_t)(slash - path - 1) : 0)};
	int rc, fd;

	*ret_unsafe = NULL;
	rc = enter_root(&w);
	while (rc == 0 && w.left[0])
		rc = step(&w);
	fd = rc < 0 ? rc : (int)TEMP_FAILURE_RETRY(openat(w.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (rc == 0 && fd < 0)
		fd = -errno;
	if (w.dir >= 0)
		close(w.dir);
	*ret_unsafe = w.unsafe;
	return fd;
}

/* In a sticky directory another user's file may have the name already: it must be neither used nor removed. */
static const char *taken_by_another(struct arena *a, int dir, const char *path)
{
	for (int i = 0; i < 2 * SWAP_NAMES; i++) {
		const char *full = swap_name(a, path, i / 2), *base = strrchr(full, '/') + 1;
		const char *name = i % 2 ? swap_hidden_name(a, base) : base;
		struct stat st;

		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid != 0)
			return arena_printf(
				a,
				_("%.*s%s belongs to another user (%u): take it away, or choose a path in a directory "
				  "that only root can write to with --swap-file"),
				(int)(strrchr(path, '/') + 1 - path), path, name, (unsigned)st.st_uid);
	}
	return NULL;
}

const char *swap_place_refusal(struct arena *a, const char *path)
{
	const char *unsafe;
	int dir = swap_place_open(a, path, &unsafe);
	struct stat st;

	if (dir < 0)
		return unsafe;
	if (!unsafe && fstat(dir, &st) == 0 && st.st_mode & S_ISVTX)
		unsafe = taken_by_another(a, dir, path);
	close(dir);
	return unsafe;
}

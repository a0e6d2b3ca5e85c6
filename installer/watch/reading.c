/* SPDX-License-Identifier: MIT */
#include "watch/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/macros.h"

void reading_start(struct reading *r, const struct sysroot *root)
{
	*r = (struct reading){.root = root, .plain = sysroot_is_live(root)};
}

/* Files are closed together, in one call where the kernel can (5.9), which is a third of the calls less. */
static int keep(struct reading *r, int fd)
{
	if (r->open_count == (int)ARRAY_SIZE(r->fds))
		reading_end(r);
	r->fds[r->open_count++] = fd;
	return fd;
}

/* One read: the kernel gives such a file whole, up to a page and more. */
static long read_start(int fd, char *ret, size_t size)
{
	ssize_t n;

	do
		n = read(fd, ret, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return n;
}

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

long reading_file(struct reading *r, const char *path, char *ret, size_t size)
{
	int fd = r->plain ? open(path, FLAGS | O_CLOEXEC) : sysroot_open_file(r->root, path);

	ret[0] = '\0';
	if (fd < 0)
		return r->plain ? -errno : fd;
	return read_start(keep(r, fd), ret, size);
}

long reading_at(struct reading *r, int dir, const char *name, char *ret, size_t size)
{
	int fd = openat(dir, name, FLAGS | O_NOFOLLOW | O_CLOEXEC);

	ret[0] = '\0';
	return fd < 0 ? -errno : read_start(keep(r, fd), ret, size);
}

int reading_dir(struct reading *r, const char *path)
{
	int fd = r->plain ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : sysroot_open_dir(r->root, path);

	if (fd < 0)
		return r->plain ? -errno : fd;
	return keep(r, fd);
}

int reading_stat(const struct reading *r, const char *path, struct stat *ret)
{
	return sysroot_stat(r->root, path, ret);
}

/* Descriptors that follow one another, with nobody else's between. */
static bool is_run(const struct reading *r)
{
	for (int i = 1; i < r->open_count; i++)
		if (r->fds[i] != r->fds[0] + i)
			return false;
	return r->open_count > 1;
}

void reading_end(struct reading *r)
{
	if (!is_run(r) || close_range((unsigned)r->fds[0], (unsigned)r->fds[r->open_count - 1], 0) < 0)
		for (int i = 0; i < r->open_count; i++)
			close(r->fds[i]);
	r->open_count = 0;
}

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

/* Closes descriptors that follow one another in one call; what lies between them is somebody else's. */
static void close_run(const int *fds, int count)
{
	if (count > 1 && close_range((unsigned)fds[0], (unsigned)fds[count - 1], 0) == 0)
		return;
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

void reading_end(struct reading *r)
{
	for (int from = 0, n; from < r->open_count; from += n) {
		for (n = 1; from + n < r->open_count && r->fds[from + n] == r->fds[from] + n;)
			n++;
		close_run(r->fds + from, n);
	}
	r->open_count = 0;
}

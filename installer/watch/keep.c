/* SPDX-License-Identifier: MIT */
#include "watch/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "watch/crc32c.h"

#define MAGIC "VPSFALRT"
/* All of a feed but whom it tells. */
#define KEPT offsetof(struct feed, say)

/* The feed lies behind it as it is in memory: the file never outlives a boot, and seldom a version. */
struct head {
	char magic[8];
	uint32_t version, size, boot, checksum;
};

static struct head head_of(uint32_t boot, const struct feed *f)
{
	struct head h = {{0}, crc32c(VPSFIT_VERSION, strlen(VPSFIT_VERSION)), KEPT, boot, 0};

	memcpy(h.magic, MAGIC, sizeof(h.magic));
	h.checksum = crc32c(f, KEPT);
	return h;
}

/* Writes beside and renames, so that it is whole or the one before. */
int keep_write(const char *path, uint32_t boot, const struct feed *f)
{
	const struct head h = head_of(boot, f);
	const struct iovec parts[] = {{(void *)&h, sizeof(h)}, {(void *)f, KEPT}};
	char beside[PATH_MAX];
	int fd, rc = 0;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
		return -ENAMETOOLONG;
	if (unlink(beside) < 0 && errno != ENOENT)
		return -errno;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = 0;
	if (writev(fd, parts, 2) != (ssize_t)(sizeof(h) + KEPT))
		rc = errno ? -errno : -ENOSPC;
	close(fd);
	if (rc == 0 && rename(beside, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(beside);
	return rc;
}

/* This user's own, and nobody else may write it. */
static bool is_own(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 && st.st_size == (off_t)(sizeof(struct head) + KEPT);
}

/* Counts and names that the rest of the program goes by without asking. */
static bool is_sound(const struct feed *f)
{
	bool sound = f->count <= FEED_MAX && f->alerts.count <= ALERTS_MAX && f->alerts.next < ALERTS_A_DAY;

	for (size_t i = 0; sound && i < f->count; i++)
		sound = f->services[i].hours <= FEED_HOURS && f->services[i].next_restart < FEED_RESTARTS &&
			memchr(f->services[i].name, '\0', WATCH_NAME);
	for (size_t i = 0; sound && i < f->alerts.count; i++)
		sound = f->alerts.items[i].kind < ALERT_KINDS && f->alerts.items[i].state <= ALERT_CRITICAL &&
			memchr(f->alerts.items[i].service, '\0', WATCH_NAME);
	return sound;
}

int keep_read(const char *path, uint32_t boot, struct feed *ret)
{
	struct head h = {.size = 0}, want;
	const struct iovec parts[] = {{&h, sizeof(h)}, {ret, KEPT}};
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = -EBADMSG;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (is_own(fd) && readv(fd, parts, 2) == (ssize_t)(sizeof(h) + KEPT)) {
		want = head_of(boot, ret);
		rc = memcmp(&h, &want, sizeof(h)) == 0 && is_sound(ret) ? 0 : -EBADMSG;
	}
	close(fd);
	if (rc < 0)
		memset(ret, 0, sizeof(*ret));
	return rc;
}

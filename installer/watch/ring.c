/* SPDX-License-Identifier: MIT */
#include "watch/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Set aside are at most so many: what is older is overwritten. */
#define MAX_ASIDE 3

static int read_whole(int fd, unsigned char *ret, size_t len, off_t at)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = pread(fd, ret + have, len - have, at + (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		have += (size_t)n;
	}
	return 0;
}

static int write_whole(int fd, const unsigned char *bytes, size_t len, off_t at)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, bytes + done, len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* One writer: holds the lock as long as the process lives. Returns the descriptor, or -EWOULDBLOCK: another has it. */
int ring_lock(int dir)
{
	int fd = openat(dir, RING_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640), rc;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int ring_header_of(int fd, struct ring_header *ret)
{
	unsigned char bytes[2 * RING_CELL];
	struct stat st;
	int rc = fstat(fd, &st) < 0 ? -errno : read_whole(fd, bytes, sizeof(bytes), 0);

	if (rc < 0)
		return rc;
	return ring_get_header(bytes, ret) && (ret->version != RING_VERSION || st.st_size == RING_BYTES) ? 0 : -EBADMSG;
}

/* Calls each for every whole sample. Reads in pieces that overlap by the longest sample. */
int ring_scan(int fd, ring_each *each, void *context)
{
	unsigned char bytes[8 * RING_SAMPLE_MAX];
	struct ring_sample s;
	uint32_t cell = RING_FIRST, from = 0, have = 0;

	while (cell < RING_CELLS) {
		size_t len;

		if (cell + RING_MAX_SERVICES + 2 > from + have && from + have < RING_CELLS) {
			const uint32_t room = sizeof(bytes) / RING_CELL;
			int rc;

			from = cell;
			have = RING_CELLS - from < room ? RING_CELLS - from : room;
			rc = read_whole(fd, bytes, (size_t)have * RING_CELL, (off_t)from * RING_CELL);
			if (rc < 0)
				return rc;
		}
		len = ring_get_sample(bytes + (size_t)(cell - from) * RING_CELL,
				      (size_t)(from + have - cell) * RING_CELL, &s);
		if (len > 0 && !each(context, cell, &s))
			return 0;
		cell += len > 0 ? (uint32_t)(len / RING_CELL) : 1;
	}
	return 0;
}

static bool find_last(void *context, uint32_t cell, const struct ring_sample *s)
{
	struct ring *r = context;

	if (s->seq >= r->next_seq) {
		r->next_seq = s->seq + 1;
		r->next_cell = cell + s->count + 2u;
	}
	return true;
}

/* Moves ring and dictionary to names of their own: nothing of another machine is mixed in, nothing thrown away. */
static int set_aside(int dir)
{
	char ring[48], services[48];
	int n = 0, rc;

	do
		snprintf(ring, sizeof(ring), "%s.%d", RING_SET_ASIDE, ++n);
	while (n < MAX_ASIDE && faccessat(dir, ring, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	snprintf(services, sizeof(services), "%s.%d.services", RING_SET_ASIDE, n);
	rc = renameat(dir, RING_NAME, dir, ring) < 0 ? -errno : 0;
	if (rc == 0 && renameat(dir, RING_SERVICES, dir, services) < 0 && errno != ENOENT)
		rc = -errno;
	return rc;
}

static int fill_with_zeros(int fd)
{
	static const unsigned char nothing[8192];

	for (off_t at = 0; at < RING_BYTES; at += (off_t)sizeof(nothing)) {
		int rc = write_whole(fd, nothing, sizeof(nothing), at);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * Makes the file under another name and renames it when it is whole. All of it is written now, so that a full disk says
 * so now, and a later write only changes data.
 */
static int make(struct ring *r, int dir, const struct ring_header *h)
{
	unsigned char bytes[2 * RING_CELL];
	int fd, rc;

	if (unlinkat(dir, RING_NAME ".new", 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, RING_NAME ".new", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	ring_put_header(h, bytes);
	rc = fill_with_zeros(fd);
	if (rc == 0)
		rc = write_whole(fd, bytes, sizeof(bytes), 0);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && unlinkat(dir, RING_SERVICES, 0) < 0 && errno != ENOENT)
		rc = -errno;
	if (rc == 0 && renameat(dir, RING_NAME ".new", dir, RING_NAME) < 0)
		rc = -errno;
	if (rc == 0 && fsync(dir) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(dir, RING_NAME ".new", 0);
		close(fd);
		return rc;
	}
	*r = (struct ring){.fd = fd, .header = *h, .next_seq = 1, .next_cell = RING_FIRST};
	return 0;
}

static const char *why_not(int rc, const struct ring_header *h, uint64_t machine, uint32_t interval)
{
	if (rc < 0)
		return "it is damaged, or no ring at all";
	if (h->version != RING_VERSION)
		return "another version of vpsfit wrote it";
	if (h->machine != machine)
		return "it is of another machine";
	return h->interval != interval ? "its samples are of another interval" : NULL;
}

static int open_there(int dir)
{
	int fd = openat(dir, RING_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * Opens the ring of this machine in a directory, or makes one. One that is another machine's, another version's or
 * damaged is set aside, and why_aside says why. dir: of the stack's store. Returns 0 or -errno.
 */
int ring_open(struct ring *r, int dir, uint64_t machine, uint64_t now, uint32_t interval)
{
	struct ring_header h = {RING_VERSION, machine, now, interval, 0}, was;
	const char *why = NULL;
	int fd = open_there(dir), rc;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0) {
		rc = ring_header_of(fd, &was);
		if (rc < 0 && rc != -EBADMSG && rc != -ENODATA) {
			close(fd);
			return rc;
		}
		why = why_not(rc, &was, machine, interval);
		if (!why) {
			*r = (struct ring){.fd = fd, .header = was, .next_seq = 1, .next_cell = RING_FIRST};
			return ring_scan(fd, find_last, r);
		}
		close(fd);
		rc = set_aside(dir);
		if (rc < 0)
			return rc;
	}
	if (getrandom(&h.id, sizeof(h.id), GRND_NONBLOCK) < 0)
		h.id = (uint32_t)now;
	rc = make(r, dir, &h);
	r->why_aside = why;
	return rc;
}

/* Writes a sample behind the last one, in one call; gives it its number. Returns 0 or -errno: then it is not there. */
int ring_append(struct ring *r, struct ring_sample *s)
{
	unsigned char bytes[RING_SAMPLE_MAX];
	size_t len;
	int rc;

	s->seq = r->next_seq;
	len = ring_put_sample(s, bytes);
	if (r->next_cell + len / RING_CELL > RING_CELLS)
		r->next_cell = RING_FIRST;
	rc = write_whole(r->fd, bytes, len, (off_t)r->next_cell * RING_CELL);
	if (rc < 0)
		return rc;
	r->next_seq++;
	r->next_cell += (uint32_t)(len / RING_CELL);
	return 0;
}

int ring_sync(const struct ring *r)
{
	return fdatasync(r->fd) < 0 ? -errno : 0;
}

void ring_close(struct ring *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

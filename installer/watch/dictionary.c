/* SPDX-License-Identifier: MIT */
#include "watch/dictionary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/units.h"
#include "watch/crc32c.h"
#include "watch/ring.h"

#define FIRST "vpsfit-ring-services 1 %08x\n"
#define LINE_MAX_BYTES 256

static void keep(struct dictionary *d, const struct dictionary_row *row)
{
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 8;
		d->rows = xrealloc(d->rows, d->room * sizeof(*d->rows));
	}
	d->rows[d->count++] = *row;
}

/* The row without its checksum: index, workers, limit in KiB, image, service. */
static int render(char *ret, size_t size, size_t index, const struct dictionary_row *row)
{
	return snprintf(ret, size, "%zu %lld %lld %s %s", index, (long long)row->workers, (long long)row->limit_kib,
			row->image[0] ? row->image : "-", row->service);
}

static bool take_word(const char **at, char *ret, size_t size)
{
	size_t n = strcspn(*at, " ");

	if (n == 0 || n >= size || (*at)[n] != ' ')
		return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at += n + 1;
	return true;
}

/* "INDEX WORKERS LIMIT IMAGE SERVICE" of a line of the file; false: it is damaged. */
static bool parse(const char *text, size_t expected, struct dictionary_row *ret)
{
	uint64_t index, workers, limit;

	memset(ret, 0, sizeof(*ret));
	if (!parse_uint_prefix(text, DICTIONARY_MAX, &index, &text) || index != expected || *text++ != ' ' ||
	    !parse_uint_prefix(text, 65536, &workers, &text) || *text++ != ' ' ||
	    !parse_uint_prefix(text, INT64_MAX, &limit, &text) || *text++ != ' ' ||
	    !take_word(&text, ret->image, sizeof(ret->image)) || !text[0] || strlen(text) >= sizeof(ret->service))
		return false;
	if (STR_EQ(ret->image, "-"))
		ret->image[0] = '\0';
	ret->workers = (int64_t)workers;
	ret->limit_kib = (int64_t)limit;
	memcpy(ret->service, text, strlen(text) + 1);
	return true;
}

/* "CHECKSUM ROW\n". A line that is not whole was cut off by a power cut, before its index was used. */
static bool take_line(struct dictionary *d, const char *line, size_t n)
{
	char copy[LINE_MAX_BYTES];
	struct dictionary_row row;
	uint64_t crc;

	if (n < 10 || n >= sizeof(copy) || line[8] != ' ')
		return false;
	memcpy(copy, line, n);
	copy[n] = copy[8] = '\0';
	if (!parse_hex(copy, UINT32_MAX, &crc) || crc != crc32c(copy + 9, n - 9) || !parse(copy + 9, d->count, &row) ||
	    d->count == DICTIONARY_MAX)
		return false;
	keep(d, &row);
	return true;
}

static void take_text(struct dictionary *d, const char *text)
{
	char first[48];
	size_t n = (size_t)snprintf(first, sizeof(first), FIRST, d->ring_id);

	if (strncmp(text, first, n) != 0)
		return;
	for (d->bytes = n; text[d->bytes];) {
		size_t len = strcspn(text + d->bytes, "\n");

		if (text[d->bytes + len] != '\n' || !take_line(d, text + d->bytes, len))
			return;
		d->bytes += len + 1;
	}
}

static int load(struct dictionary *d, int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)DICTIONARY_MAX * LINE_MAX_BYTES)
		return -EBADMSG;
	text = xrealloc(NULL, (size_t)st.st_size + 1);
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n >= 0) {
		text[n] = '\0';
		take_text(d, text);
	}
	free(text);
	return n < 0 ? -errno : 0;
}

/* Reads it without changing it. A missing one is empty. Returns 0 or -errno. */
int dictionary_read(struct dictionary *d, int dir, const char *name, uint32_t ring_id)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;

	*d = (struct dictionary){.fd = -1, .ring_id = ring_id};
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = load(d, fd);
	close(fd);
	return rc;
}

static int add_bytes(struct dictionary *d, const char *bytes, size_t len)
{
	ssize_t n = pwrite(d->fd, bytes, len, (off_t)d->bytes);

	if (n != (ssize_t)len || fdatasync(d->fd) < 0) {
		int rc = n < 0 || n == (ssize_t)len ? -errno : -ENOSPC;

		/* What is there of it is no whole line, and the next one is written over it. */
		return rc;
	}
	d->bytes += len;
	return 0;
}

/* Opens it to add to, and cuts off what is not whole. One of another ring is emptied. Returns 0 or -errno. */
int dictionary_open(struct dictionary *d, int dir, uint32_t ring_id)
{
	char first[48];
	int rc;

	*d = (struct dictionary){.ring_id = ring_id};
	d->fd = openat(dir, RING_SERVICES, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (d->fd < 0)
		return -errno;
	rc = load(d, d->fd);
	if (rc == 0 && ftruncate(d->fd, (off_t)d->bytes) < 0)
		rc = -errno;
	if (rc == 0 && d->bytes == 0)
		rc = add_bytes(d, first, (size_t)snprintf(first, sizeof(first), FIRST, ring_id));
	if (rc < 0)
		dictionary_close(d);
	return rc;
}

static bool same(const struct dictionary_row *a, const struct dictionary_row *b)
{
	return a->workers == b->workers && a->limit_kib == b->limit_kib && STR_EQ(a->image, b->image) &&
	       STR_EQ(a->service, b->service);
}

int dictionary_index(struct dictionary *d, const struct dictionary_row *row)
{
	char line[LINE_MAX_BYTES];
	int n, rc;

	for (size_t i = d->count; i-- > 0;)
		if (same(&d->rows[i], row))
			return (int)i;
	if (d->count == DICTIONARY_MAX)
		return -ENOSPC;
	n = render(line + 9, sizeof(line) - 10, d->count, row);
	if (n <= 0 || (size_t)n >= sizeof(line) - 10 || strpbrk(row->service, "\n") || strpbrk(row->image, " \n"))
		return -EINVAL;
	snprintf(line, 9, "%08x", crc32c(line + 9, (size_t)n));
	line[8] = ' ';
	line[9 + n] = '\n';
	rc = add_bytes(d, line, (size_t)n + 10);
	if (rc < 0)
		return rc;
	keep(d, row);
	return (int)d->count - 1;
}

void dictionary_close(struct dictionary *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->rows);
	*d = (struct dictionary){.fd = -1};
}

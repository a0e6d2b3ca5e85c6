/* SPDX-License-Identifier: MIT */
/* Bounded reads below the root: whole files, a part of a long one, the names in a directory. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/strbuf.h"
#include "files/sysroot.h"

#define MAX_NAMES 65536
#define CHUNK 16384

static ssize_t read_some(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int sysroot_read_fd(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len)
{
	struct strbuf text = STRBUF_INIT;
	char chunk[CHUNK];
	ssize_t n;

	while ((n = read_some(fd, chunk, sizeof(chunk))) > 0 && text.len + (size_t)n <= max)
		strbuf_add(&text, chunk, (size_t)n);
	if (n == 0) {
		*ret = arena_strndup(a, strbuf_text(&text), text.len);
		*ret_len = text.len;
	}
	strbuf_clear(&text);
	return n > 0 ? -EFBIG : (int)n;
}

int sysroot_read(const struct sysroot *r, struct arena *a, const char *path, size_t max, char **ret, size_t *ret_len)
{
	int fd = sysroot_open_file(r, path), rc;

	if (fd < 0)
		return fd;
	rc = sysroot_read_fd(fd, a, max ? max : SYSROOT_MAX_READ, ret, ret_len);
	close(fd);
	return rc;
}

char *sysroot_read_line(const struct sysroot *r, struct arena *a, const char *path)
{
	char *text, *start;
	size_t len, n;

	if (sysroot_read(r, a, path, 65536, &text, &len) < 0)
		return NULL;
	start = text + strspn(text, " \t");
	n = strcspn(start, "\r\n");
	while (n > 0 && (start[n - 1] == ' ' || start[n - 1] == '\t'))
		n--;
	start[n] = '\0';
	return n > 0 ? start : NULL;
}

/* Finds `line` at the start of a line; the text's own start is one only if it is the file's. */
static char *line_in(char *text, const char *line, bool begins_file)
{
	for (char *at = strstr(text, line); at; at = strstr(at + 1, line))
		if (at == text ? begins_file : at[-1] == '\n')
			return at;
	return NULL;
}

/* A long file, read in pieces. The end of each piece is kept before the next, so that no match is cut in two. */
struct window {
	int fd;
	char *text;
	size_t have;
	size_t kept; /* bytes of `have` that an earlier piece had */
	size_t keep;
	size_t left; /* bytes still to read */
	bool begins_file;
};

static struct window window_open(int fd, const char *line, size_t max)
{
	return (struct window){fd, xrealloc(NULL, 3 * CHUNK + 1), 0, 0, strlen(line) + 1, max, true};
}

static bool window_next(struct window *w)
{
	ssize_t n;

	if (w->have > 0)
		w->begins_file = false;
	if (w->have > w->keep) {
		memmove(w->text, w->text + w->have - w->keep, w->keep);
		w->have = w->keep;
	}
	w->kept = w->have;
	n = w->left > 0 ? read_some(w->fd, w->text + w->have, CHUNK) : 0;
	if (n <= 0)
		return false;
	w->have += (size_t)n;
	w->left -= w->left < (size_t)n ? w->left : (size_t)n;
	w->text[w->have] = '\0';
	return true;
}

static char *find_line(int fd, struct arena *a, const char *line, size_t max)
{
	struct window w = window_open(fd, line, max);
	char *at = NULL;
	ssize_t n;

	while (!at && window_next(&w))
		at = line_in(w.text, line, w.begins_file);
	if (at) {
		n = read_some(fd, w.text + w.have, CHUNK);
		w.have += n > 0 ? (size_t)n : 0;
		at = arena_strndup(a, at, w.have - (size_t)(at - w.text));
	}
	free(w.text);
	return at;
}

static long count_lines(int fd, const char *line, size_t max)
{
	struct window w = window_open(fd, line, max);
	size_t n = strlen(line);
	long count = 0;

	while (window_next(&w))
		for (char *at = line_in(w.text, line, w.begins_file); at; at = line_in(at + n, line, false))
			count += at + n > w.text + w.kept;
	free(w.text);
	return count;
}

long sysroot_count_lines(const struct sysroot *r, const char *path, const char *line, size_t max)
{
	int fd = sysroot_open_file(r, path);
	long count;

	if (fd < 0)
		return fd;
	count = strlen(line) < CHUNK - 1 ? count_lines(fd, line, max) : 0;
	close(fd);
	return count;
}

char *sysroot_find(const struct sysroot *r, struct arena *a, const char *path, const char *line, size_t max)
{
	int fd = sysroot_open_file(r, path);
	char *found = NULL;

	if (fd < 0)
		return NULL;
	if (strlen(line) < CHUNK - 1)
		found = find_line(fd, a, line, max);
	close(fd);
	return found;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count;
	size_t cap;
};

static int read_names(struct arena *a, DIR *dir, struct names *n)
{
	const struct dirent *e;

	while ((e = readdir(dir))) {
		if (STR_EQ(e->d_name, ".") || STR_EQ(e->d_name, ".."))
			continue;
		if (n->count == MAX_NAMES)
			return -EFBIG;
		if (n->count == n->cap) {
			n->cap = n->cap ? 2 * n->cap : 64;
			n->items = xrealloc(n->items, n->cap * sizeof(*n->items));
		}
		n->items[n->count++] = arena_strdup(a, e->d_name);
	}
	return 0;
}

static int open_names(int fd, DIR **ret)
{
	int rc = 0;

	if (fd < 0)
		return fd;
	*ret = fdopendir(fd);
	if (!*ret) {
		rc = -errno;
		close(fd);
	}
	return rc;
}

long sysroot_list_fd(int fd, struct arena *a, char ***ret)
{
	struct names n = {NULL, 0, 0};
	DIR *dir;
	int rc = open_names(fd, &dir);

	if (rc < 0)
		return rc;
	rc = read_names(a, dir, &n);
	closedir(dir);
	if (rc == 0) {
		if (n.count > 0)
			qsort(n.items, n.count, sizeof(*n.items), by_name);
		*ret = arena_array(a, n.count + 1, sizeof(**ret));
		if (n.count > 0)
			memcpy(*ret, n.items, n.count * sizeof(**ret));
	}
	free(n.items);
	return rc < 0 ? rc : (long)n.count;
}

long sysroot_list(const struct sysroot *r, struct arena *a, const char *path, char ***ret)
{
	return sysroot_list_fd(sysroot_open_dir(r, path), a, ret);
}

long sysroot_count(const struct sysroot *r, const char *path, const char *suffix)
{
	size_t n = strlen(suffix);
	const struct dirent *e;
	long count = 0;
	DIR *dir;
	int rc = open_names(sysroot_open_dir(r, path), &dir);

	if (rc < 0)
		return rc;
	while ((e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		count += len > n && STR_EQ(e->d_name + len - n, suffix);
	}
	closedir(dir);
	return count;
}

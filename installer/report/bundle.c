/* SPDX-License-Identifier: MIT */
#include "report/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "state/state.h"

#define MAX_FILE ((size_t)16 << 20)
#define MAX_LINKS 24

struct bundle_seen {
	const char *path;
	bool listed;
};

struct bundle_item {
	struct tar_entry entry;
	int rank; /* of two with one name the one that says more is kept */
};

enum { RANK_NAME, RANK_DIR, RANK_TEXT, RANK_LINK };

void bundle_clear(struct bundle *b)
{
	free(b->seen);
	free(b->items);
	free(b->hashes);
}

static void *grown(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? 2 * *room : 256;
	return xrealloc(items, *room * size);
}

void bundle_saw(void *bundle, const char *path, bool listed)
{
	struct bundle *b = bundle;

	b->seen = grown(b->seen, b->seen_count, &b->seen_room, sizeof(*b->seen));
	b->seen[b->seen_count++] = (struct bundle_seen){arena_strdup(b->a, path), listed};
}

static void add(struct bundle *b, const struct tar_entry *e, int rank)
{
	b->items = grown(b->items, b->count, &b->room, sizeof(*b->items));
	b->items[b->count++] = (struct bundle_item){*e, rank};
}

static const char *name_of(struct bundle *b, const char *path)
{
	const char *name = redact_string(b->keeper->r, path);

	return name + strspn(name, "/");
}

void bundle_add(struct bundle *b, enum tar_type type, const char *name, const char *text, size_t len)
{
	add(b, &(struct tar_entry){type, name, text, len, type == TAR_FILE ? 0600 : 0700},
	    type == TAR_LINK  ? RANK_LINK
	    : type == TAR_DIR ? RANK_DIR
			      : RANK_TEXT);
}

void bundle_note_hash(struct bundle *b, const char *was, size_t was_len, const char *is, size_t len)
{
	if (was_len == len && memcmp(was, is, len) == 0)
		return;
	b->hashes = grown(b->hashes, b->hash_count, &b->hash_room, sizeof(*b->hashes));
	b->hashes[b->hash_count++] =
		(struct bundle_hash){state_hash_text(b->a, was, was_len), state_hash_text(b->a, is, len)};
}

static void add_file(struct bundle *b, const char *path, const struct stat *st)
{
	struct strbuf out = STRBUF_INIT;
	char *text;
	size_t len;

	if (S_ISREG(st->st_mode) && (size_t)st->st_size <= MAX_FILE &&
	    sysroot_read(b->root, b->a, path, MAX_FILE, &text, &len) == 0) {
		keep_file(b->keeper, path, text, len, &out);
		bundle_note_hash(b, text, len, strbuf_text(&out), out.len);
	}
	add(b,
	    &(struct tar_entry){TAR_FILE, name_of(b, path), arena_strndup(b->a, strbuf_text(&out), out.len), out.len,
				st->st_mode & 0111 ? 0700 : 0600},
	    RANK_TEXT);
	strbuf_clear(&out);
}

static bool of_descriptors(const char *path)
{
	const char *fd = strncmp(path, "/proc/", 6) == 0 ? strstr(path, "/fd/") : NULL;

	return fd && strspn(path + 6, "0123456789") == (size_t)(fd - path - 6);
}

static void add_names(struct bundle *b, const char *dir)
{
	char **names;
	long n = sysroot_list(b->root, b->a, dir, &names);

	for (long i = 0; i < n; i++) {
		const char *path = arena_printf(b->a, "%s/%s", STR_EQ(dir, "/") ? "" : dir, names[i]);
		struct stat st;
		bool is_dir = !of_descriptors(path) && sysroot_stat(b->root, path, &st) == 0 && S_ISDIR(st.st_mode);
		const struct tar_entry e = {is_dir ? TAR_DIR : TAR_FILE, name_of(b, path), "", 0, is_dir ? 0700 : 0600};

		add(b, &e, RANK_NAME);
	}
}

/* Sockets and devices tell who listens and swaps; what else a process has open is its own business. */
static void add_descriptor(struct bundle *b, const char *path)
{
	const char *to = sysroot_readlink(b->root, b->a, path);

	if (to && (strncmp(to, "socket:[", 8) == 0 || strncmp(to, "/dev/", 5) == 0))
		bundle_add(b, TAR_LINK, name_of(b, path), redact_string(b->keeper->r, to), 0);
}

/* The first link on the way: it is added, and what the path is behind it returned. NULL: there is none. */
static const char *behind_link(struct bundle *b, const char *path)
{
	for (const char *slash = path; slash && slash[1]; slash = strchr(slash + 1, '/')) {
		size_t n = 1 + strcspn(slash + 1, "/");
		const char *here = arena_strndup(b->a, path, (size_t)(slash - path) + n);
		const char *to = sysroot_readlink(b->root, b->a, here);

		if (!to)
			continue;
		bundle_add(b, TAR_LINK, name_of(b, here), redact_string(b->keeper->r, to), 0);
		return path_tidy(
			b->a, to[0] == '/' ? arena_printf(b->a, "%s%s", to, slash + n)
					   : arena_printf(b->a, "%.*s/%s%s", (int)(slash - path), path, to, slash + n));
	}
	return NULL;
}

static void add_path(struct bundle *b, const struct bundle_seen *seen)
{
	const char *path = path_tidy(b->a, seen->path), *next;
	struct stat st;

	if (of_descriptors(path)) {
		add_descriptor(b, path);
		return;
	}
	for (int left = MAX_LINKS; left > 0 && (next = behind_link(b, path)); left--)
		path = next;
	if (sysroot_stat(b->root, path, &st) < 0 || STR_EQ(path, "/"))
		return;
	if (!S_ISDIR(st.st_mode)) {
		add_file(b, path, &st);
		return;
	}
	bundle_add(b, TAR_DIR, name_of(b, path), "", 0);
	if (seen->listed || STR_EQ(path, b->keeper->dir))
		add_names(b, path);
}

static int by_path(const void *x, const void *y)
{
	const struct bundle_seen *a = x, *b = y;
	int order = strcmp(a->path, b->path);

	return order ? order : b->listed - a->listed;
}

void bundle_collect(struct bundle *b)
{
	sysroot_trace(b->root, NULL, NULL);
	if (b->seen_count > 0)
		qsort(b->seen, b->seen_count, sizeof(*b->seen), by_path);
	for (size_t i = 0; i < b->seen_count; i++)
		if (i == 0 || !STR_EQ(b->seen[i].path, b->seen[i - 1].path))
			add_path(b, &b->seen[i]);
}

static int by_name(const void *x, const void *y)
{
	const struct bundle_item *a = x, *b = y;
	int order = strcmp(a->entry.name, b->entry.name);

	return order ? order : b->rank - a->rank;
}

const struct tar_entry *bundle_entries(struct bundle *b, size_t *ret_count)
{
	struct tar_entry *entries = arena_array(b->a, b->count + 1, sizeof(*entries));
	size_t n = 0;

	if (b->count > 0)
		qsort(b->items, b->count, sizeof(*b->items), by_name);
	for (size_t i = 0; i < b->count; i++)
		if (n == 0 || !STR_EQ(b->items[i].entry.name, entries[n - 1].name))
			entries[n++] = b->items[i].entry;
	*ret_count = n;
	return entries;
}

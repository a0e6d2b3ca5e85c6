/* SPDX-License-Identifier: MIT */
#include "apply/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/history.h"
#include "files/files.h"
#include "state/state.h"
#include "compose/env.h"

#define HEADER                                                                                                         \
	"# Secrets and settings of %s, kept by vpsfit.\n"                                                              \
	"# Of several lines with one name the first is the oldest, and the last is what was last in that file.\n"

/* State while adding to kept.env. */
struct keeping {
	struct arena *a;
	const char *text; /* NULL: the file does not exist yet */
	const char *path; /* of the .env the values come from */
	const char *time;
	bool said; /* the comment above the new lines is written */
};

bool secrets_is_env(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && STR_EQ(path + n - 5, "/.env");
}

static const char *kept_path(struct arena *a, const char *store)
{
	return arena_printf(a, "%s/" KEPT_ENV, store);
}

/* Returns 0 or -errno. *ret is NULL if the file does not exist, which is no error. */
static int read_kept(struct arena *a, const char *store, const char **ret)
{
	char *text;
	size_t len;
	int rc = file_read(a, kept_path(a, store), &text, &len, NULL);

	*ret = rc == 0 ? text : NULL;
	return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

bool secrets_cut_off(struct arena *a, const char *store)
{
	struct stat st;

	return lstat(file_staged_path(a, kept_path(a, store)), &st) == 0;
}

void secrets_tidy_up(struct arena *a, const char *store)
{
	(void)!file_remove(file_staged_path(a, kept_path(a, store)));
}

static const char *with_line_end(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	return n > 0 && text[n - 1] != '\n' ? arena_printf(a, "%s\n", text) : text;
}

/* Bytes to remove from kept.env because the same line is added further down. */
struct cut {
	size_t at;
	size_t len;
};

/* What one .env adds. A file may have very many keys, so kept.env is read and written only once for all of them. */
struct batch {
	struct env_pair kept;
	struct strbuf front; /* older values, which go before the existing ones */
	struct strbuf back;
	struct cut *cuts;
	size_t cut_count;
};

/* One key, and its line as the added text has it. */
struct addition {
	const char *key;
	const char *line;
	struct env_pair read;
	struct arena *work;
};

/* Finds the same line in kept.env. */
static const struct env_item *find_twin(const struct batch *b, const struct addition *add)
{
	const char *text = b->kept.text;

	for (int d = 0; d < ENV_DIALECTS; d++)
		for (const struct env_item *i = env_reading_find(&b->kept.r[d], add->key); i;
		     i = env_reading_before(&b->kept.r[d], add->key, i->start))
			if ((i->start == 0 || text[i->start - 1] == '\n') &&
			    strncmp(text + i->start, add->line, strlen(add->line)) == 0)
				return i;
	return NULL;
}

/* The oldest line of a key stays: it tells which value the database was made with. */
static bool is_oldest(const struct batch *b, const struct addition *add, const struct env_item *twin)
{
	for (int d = 0; d < ENV_DIALECTS; d++)
		if (env_reading_before(&b->kept.r[d], add->key, twin->start))
			return false;
	return true;
}

/* Adds the current value; an identical older line is removed, unless it is the oldest. */
static void add_newer(struct batch *b, const struct addition *add)
{
	bool there = env_pair_has(add->work, &b->kept, add->key);
	const struct env_item *twin;

	if (there && env_pair_same(add->work, &add->read, &b->kept, add->key))
		return;
	twin = find_twin(b, add);
	if (twin && !is_oldest(b, add, twin))
		b->cuts[b->cut_count++] = (struct cut){twin->start, strlen(add->line)};
	strbuf_puts(&b->back, add->line);
}

/* Adds an older value: before the existing lines if the key is already there. */
static void add_older(struct batch *b, const struct addition *add)
{
	if (!env_pair_has(add->work, &b->kept, add->key))
		strbuf_puts(&b->back, add->line);
	else if (!env_pair_same(add->work, &add->read, &b->kept, add->key) && !find_twin(b, add))
		strbuf_puts(&b->front, add->line);
}

typedef void add_function(struct batch *, const struct addition *);

static int by_place(const void *x, const void *y)
{
	const struct cut *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

static const char *without_cuts(struct arena *a, const struct batch *b)
{
	const char *text = b->kept.text;
	struct strbuf out = STRBUF_INIT;
	size_t at = 0;

	if (b->cut_count > 1)
		qsort(b->cuts, b->cut_count, sizeof(*b->cuts), by_place);
	for (size_t i = 0; i < b->cut_count; i++) {
		if (b->cuts[i].at < at)
			continue;
		strbuf_add(&out, text + at, b->cuts[i].at - at);
		at = b->cuts[i].at + b->cuts[i].len;
	}
	strbuf_puts(&out, text + at);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static void put_batch(struct keeping *k, const struct batch *b)
{
	const char *text, *comment = b->back.len == 0 || k->said ? "" : arena_printf(k->a, "# %s\n", k->time);

	if (b->front.len == 0 && b->back.len == 0)
		return;
	text = k->text ? without_cuts(k->a, b) : arena_printf(k->a, HEADER, k->path);
	if (b->back.len > 0)
		text = with_line_end(k->a, text);
	k->text = arena_printf(k->a, "%s%s%s%s", strbuf_text(&b->front), text, comment, strbuf_text(&b->back));
	k->said |= b->back.len > 0;
}

/* Returns 0, or -EFBIG if the result would exceed the limit for kept.env: nothing may be dropped silently. */
static int add_all(struct keeping *k, const char *env_text, add_function *add)
{
	struct arena work = ARENA_INIT;
	const struct env_pair text = env_pair_read(&work, env_text);
	struct batch b = {env_pair_read(&work, k->text ? k->text : ""), STRBUF_INIT, STRBUF_INIT, NULL, 0};
	size_t n;
	const char **keys = env_pair_keys(&work, &text, &n);
	bool fits = true;

	b.cuts = arena_array(&work, n, sizeof(*b.cuts));
	for (size_t i = 0; fits && i < n; i++) {
		struct arena one = ARENA_INIT;
		struct addition a = {.key = keys[i], .line = env_pair_line(&one, &text, keys[i]), .work = &one};

		if (a.line) {
			a.read = env_pair_read(&one, a.line);
			add(&b, &a);
		}
		arena_clear(&one);
		fits = b.front.len + b.back.len < ENV_MAX_TEXT;
	}
	if (fits)
		put_batch(k, &b);
	strbuf_clear(&b.front);
	strbuf_clear(&b.back);
	arena_clear(&work);
	return fits ? 0 : -EFBIG;
}

static bool is_copy_of_env(const struct tx_file *f, const struct tx_copy *c)
{
	return c->present && !c->link && secrets_is_env(f->path);
}

static int add_copy(struct keeping *k, const struct tx_file *f, const struct tx_copy *c, add_function *add)
{
	if (!is_copy_of_env(f, c))
		return 0;
	k->path = f->path;
	return add_all(k, c->text, add);
}

/* Reads an entry of the history. Its errors are not reported, because the caller only searches. Returns 0 or -errno. */
static int read_entry(struct arena *a, const struct sysroot *root, const char *store, long entry,
		      struct transaction *ret)
{
	struct diag_list unheard;
	int rc;

	diag_init(&unheard, a);
	*ret = (struct transaction){.a = a, .root = root, .store = store, .diags = &unheard};
	rc = journal_read(ret, state_entry_dir(a, store, entry));
	diag_clear(&unheard);
	ret->diags = NULL;
	return rc;
}

/* Adds the copies of all entries, newest first. */
static int add_history(struct keeping *k, const struct sysroot *root, const char *store)
{
	int rc = 0;

	for (long entry = state_newest(k->a, store, 0); entry > 0; entry = state_newest(k->a, store, entry)) {
		struct transaction t;

		if (read_entry(k->a, root, store, entry, &t) < 0)
			continue;
		k->time = t.time;
		for (size_t i = 0; rc == 0 && i < t.count; i++) {
			rc = add_copy(k, &t.files[i], &t.files[i].after, add_older);
			if (rc == 0)
				rc = add_copy(k, &t.files[i], &t.files[i].before, add_older);
		}
	}
	return rc;
}

static int known(struct arena *a, const struct sysroot *root, const char *store, const char **ret)
{
	struct keeping k = {.a = a, .path = "", .time = ""};
	int rc = read_kept(a, store, &k.text);

	if (rc == 0)
		rc = add_history(&k, root, store);
	*ret = k.text;
	return rc;
}

static const char *last_copy(struct arena *a, const struct sysroot *root, const char *store, const char *path,
			     const char **ret_where)
{
	struct history_copy was;

	if (!history_find(a, root, store, 0, path, NULL, 0, &was))
		return NULL;
	if (ret_where)
		*ret_where = was.where;
	return was.copy.text;
}

const struct secrets_source secrets_kept = {known, last_copy, NULL};

/* Writes kept.env if something was added. */
static int finish(const struct keeping *k, const char *store, const char *before)
{
	static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};

	if (!k->text || (before && STR_EQ(k->text, before)))
		return 0;
	if (strlen(k->text) > FILES_MAX_READ)
		return -EFBIG;
	return file_replace(k->a, kept_path(k->a, store), k->text, strlen(k->text), &mine);
}

bool secrets_all_kept(struct arena *a, const char *store, const char *text)
{
	struct keeping k = {.a = a, .path = "", .time = ""};
	const char *before;

	if (read_kept(a, store, &k.text) < 0)
		return true;
	before = k.text;
	return add_all(&k, text, add_newer) == 0 && k.text == before;
}

int secrets_note(struct arena *a, const char *store, const char *env_path, const char *time, const char *text)
{
	struct keeping k = {.a = a, .path = env_path, .time = time};
	int rc = read_kept(a, store, &k.text);
	const char *before = k.text;

	if (rc == 0)
		rc = add_all(&k, text, add_newer);
	return rc < 0 ? rc : finish(&k, store, before);
}

static int keep(const struct transaction *t, const struct transaction *from, add_function *add)
{
	struct keeping k = {.a = t->a, .time = from->time};
	int rc = read_kept(t->a, t->store, &k.text);
	const char *before = k.text;

	for (size_t i = 0; rc == 0 && i < from->count; i++) {
		const struct tx_file *f = &from->files[i];

		rc = add_copy(&k, f, add == add_newer ? &f->before : &f->after, add);
		if (rc == 0)
			rc = add_copy(&k, f, add == add_newer ? &f->after : &f->before, add);
	}
	return rc < 0 ? rc : finish(&k, t->store, before);
}

int secrets_keep(const struct transaction *t)
{
	return keep(t, t, add_newer);
}

/* Does any line for this key have this value? */
static bool has_value(const struct env_reading *kept, const char *key, const char *value, bool open)
{
	bool found = false;

	for (const struct env_item *i = env_reading_find(kept, key); i && !found;
	     i = env_reading_before(kept, key, i->start)) {
		struct arena work = ARENA_INIT;
		bool its_open;
		const char *its = env_reading_value(&work, kept, i, &its_open);

		found = !i->alone && its_open == open && STR_EQ(its, value);
		arena_clear(&work);
	}
	return found;
}

/* Are all values that one version of Compose reads from the text in kept.env, whatever their names? */
static bool holds_all(const struct env_reading *kept, const struct env_reading *text)
{
	bool all = true;

	for (const struct env_item *i = text->first; i && all; i = i->next) {
		struct arena work = ARENA_INIT;
		bool open;
		const char *value = env_reading_value(&work, text, i, &open);
		bool matters = env_reading_find(text, i->key) == i && !i->alone &&
			       (open || (value[0] && !STR_EQ(value, ENV_PLACEHOLDER)));

		all = !matters || has_value(kept, i->key, value, open);
		arena_clear(&work);
	}
	return all;
}

/* Reads kept.env back and checks an entry's copies against it. Returns 0, or -ENOKEY if a value is missing from it. */
static int prove_kept(const struct transaction *t, const struct transaction *old)
{
	struct arena work = ARENA_INIT;
	const char *text;
	int rc = read_kept(&work, t->store, &text);
	struct env_pair kept = env_pair_read(&work, rc == 0 && text ? text : "");

	for (size_t i = 0; rc == 0 && i < old->count; i++) {
		const struct tx_file *f = &old->files[i];

		for (const struct tx_copy *const *c = (const struct tx_copy *const[]){&f->after, &f->before, NULL}; *c;
		     c++) {
			struct env_pair copy;

			if (!is_copy_of_env(f, *c))
				continue;
			copy = env_pair_read(&work, (*c)->text);
			for (int d = 0; d < ENV_DIALECTS; d++)
				if (!holds_all(&kept.r[d], &copy.r[d]))
					rc = -ENOKEY;
		}
	}
	arena_clear(&work);
	return rc;
}

/* Without a journal it is unknown which of the copies belong to an .env. */
static bool has_copies(struct arena *a, const char *entry)
{
	struct stat st;

	for (size_t i = 0; i < TX_MAX_FILES; i++)
		if (lstat(arena_printf(a, "%s/%zu.before", entry, i), &st) == 0 ||
		    lstat(arena_printf(a, "%s/%zu.after", entry, i), &st) == 0)
			return true;
	return false;
}

int secrets_keep_entry(const struct transaction *t, long entry)
{
	struct transaction old;
	int rc = read_entry(t->a, t->root, t->store, entry, &old);

	if (rc == -ENOENT && !has_copies(t->a, state_entry_dir(t->a, t->store, entry)))
		return 0;
	if (rc == 0)
		rc = keep(t, &old, add_older);
	return rc == 0 ? prove_kept(t, &old) : rc;
}

#include "apply/secrets.h"

#include <errno.h>
#include <string.h>

#include "files/files.h"
#include "state/state.h"
#include "compose/env.h"

#define HEADER                                                                                                         \
	"# Secrets and settings of %s, kept by vpsfit.\n"                                                              \
	"# Of several lines with one name the last is what was last in that file.\n"

/* kept.env while something is added to it. */
struct keeping {
	struct arena *a;
	const char *text; /* NULL: there is none yet */
	const char *path; /* of the .env */
	const char *time;
	bool said; /* the comment over the new lines is there */
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

/* 0, also where there is none (*ret is NULL then), or -errno. */
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

static const char *find_line(const char *text, const char *line)
{
	for (const char *at = text; (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return at;
	return NULL;
}

static bool same_value(struct arena *a, const char *text, const char *line, const char *key)
{
	const char *x = env_get(a, text, key), *y = env_get(a, line, key);

	return x && y && STR_EQ(x, y);
}

static const char *with_line_end(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	return n > 0 && text[n - 1] != '\n' ? arena_printf(a, "%s\n", text) : text;
}

static void append(struct keeping *k, const char *line)
{
	const char *comment = k->said ? "" : arena_printf(k->a, "# %s\n", k->time);

	if (!k->text)
		k->text = arena_printf(k->a, HEADER, k->path);
	k->text = arena_printf(k->a, "%s%s%s", with_line_end(k->a, k->text), comment, line);
	k->said = true;
}

/* The value that holds from now on. It stands in one line only. */
static void add_newer(struct keeping *k, const char *key, const char *line)
{
	const char *twin;

	if (k->text && env_has(k->a, k->text, key) && same_value(k->a, k->text, line, key))
		return;
	twin = k->text ? find_line(k->text, line) : NULL;
	if (twin)
		k->text = arena_printf(k->a, "%.*s%s", (int)(twin - k->text), k->text, twin + strlen(line));
	append(k, line);
}

/* A value of an earlier time: it goes before those that are there. */
static void add_older(struct keeping *k, const char *key, const char *line)
{
	if (!k->text || !env_has(k->a, k->text, key)) {
		append(k, line);
		return;
	}
	if (!same_value(k->a, k->text, line, key) && !find_line(k->text, line))
		k->text = arena_printf(k->a, "%s%s", line, k->text);
}

static void add_all(struct keeping *k, const char *env_text, void (*add)(struct keeping *, const char *, const char *))
{
	const char *keys[SECRETS_MAX_KEYS];
	size_t n = env_keys(k->a, env_text, keys, SECRETS_MAX_KEYS);

	for (size_t i = 0; i < n; i++) {
		const char *line = env_line(k->a, env_text, keys[i]);

		if (line)
			add(k, keys[i], line);
	}
}

static void add_copy(struct keeping *k, const struct tx_file *f, const struct tx_copy *c,
		     void (*add)(struct keeping *, const char *, const char *))
{
	if (!c->present || c->link || !secrets_is_env(f->path))
		return;
	k->path = f->path;
	add_all(k, c->text, add);
}

/* An entry of the history; what is wrong with it is not told, for it is only looked through. 0 or -errno. */
static int read_entry(struct arena *a, const struct sysroot *root, const char *store, long entry, struct transaction *ret)
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

/* Every entry's copies, the newest first. */
static void add_history(struct keeping *k, const struct sysroot *root, const char *store)
{
	for (long entry = state_newest(k->a, store, 0); entry > 0; entry = state_newest(k->a, store, entry)) {
		struct transaction t;

		if (read_entry(k->a, root, store, entry, &t) < 0)
			continue;
		k->time = t.time;
		for (size_t i = 0; i < t.count; i++) {
			add_copy(k, &t.files[i], &t.files[i].after, add_older);
			add_copy(k, &t.files[i], &t.files[i].before, add_older);
		}
	}
}

static int known(struct arena *a, const struct sysroot *root, const char *store, const char **ret)
{
	struct keeping k = {.a = a, .path = "", .time = ""};
	int rc = read_kept(a, store, &k.text);

	if (rc == 0)
		add_history(&k, root, store);
	*ret = k.text;
	return rc;
}

static const char *last_copy(struct arena *a, const struct sysroot *root, const char *store, const char *env_path)
{
	for (long entry = state_newest(a, store, 0); entry > 0; entry = state_newest(a, store, entry)) {
		struct transaction t;

		if (read_entry(a, root, store, entry, &t) < 0)
			continue;
		for (size_t i = 0; i < t.count; i++)
			if (STR_EQ(t.files[i].path, env_path) && t.files[i].after.present && !t.files[i].after.link)
				return t.files[i].after.text;
	}
	return NULL;
}

const struct secrets_source secrets_kept = {known, last_copy};

/* Writes kept.env where something was added. */
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
	add_all(&k, text, add_newer);
	return k.text == before;
}

int secrets_note(struct arena *a, const char *store, const char *env_path, const char *time, const char *text)
{
	struct keeping k = {.a = a, .path = env_path, .time = time};
	int rc = read_kept(a, store, &k.text);
	const char *before = k.text;

	if (rc < 0)
		return rc;
	add_all(&k, text, add_newer);
	return finish(&k, store, before);
}

static int keep(const struct transaction *t, const struct transaction *from,
		void (*add)(struct keeping *, const char *, const char *))
{
	struct keeping k = {.a = t->a, .time = from->time};
	int rc = read_kept(t->a, t->store, &k.text);
	const char *before = k.text;

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < from->count; i++) {
		const struct tx_file *f = &from->files[i];

		add_copy(&k, f, add == add_newer ? &f->before : &f->after, add);
		add_copy(&k, f, add == add_newer ? &f->after : &f->before, add);
	}
	return finish(&k, t->store, before);
}

int secrets_keep(const struct transaction *t)
{
	return keep(t, t, add_newer);
}

int secrets_keep_entry(const struct transaction *t, long entry)
{
	struct transaction old;
	int rc = read_entry(t->a, t->root, t->store, entry, &old);

	/* What has no journal has no copies that could be told apart. */
	return rc == -ENOENT ? 0 : rc < 0 ? rc : keep(t, &old, add_older);
}

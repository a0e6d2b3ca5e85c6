/* SPDX-License-Identifier: MIT */
#include "changes/take_up.h"

#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "files/at.h"
#include "compose/edit.h"
#include "compose/env.h"
#include "compose/project.h"
#include "core/text.h"

/* Comment behind a value that vpsfit owns. Adopted files have it as well, so it alone proves nothing. */
#define MARK " # vpsfit: "
/* Every stack that vpsfit ever wrote has as many: workers and connections, where no limits are written. */
#define LEAST_MARKS 2

/* Part of a comment line found only in files of vpsfit's own, in all versions so far. */
static const char compose_signature[] = "fitted to this machine by vpsfit";
/* The later one, and the one of the versions that knew four secrets. */
static const char *const env_signatures[] = {"vpsfit makes the stack's secrets once",
					     "vpsfit makes the four secrets once"};

/* Allowed in an otherwise empty directory: belongs to the file system or version control. */
static const char *const ignored[] = {"lost+found", ".git", ".gitignore", ".gitattributes", ".gitkeep"};

/* Can an apply have left this besides the compose file: .env, or a directory of a service's own files? */
static bool is_own(const struct service_set *set, const char *name)
{
	size_t n = strlen(name);

	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].file_count; i++)
			if (strncmp(set->items[s].files[i].name, name, n) == 0 && set->items[s].files[i].name[n] == '/')
				return true;
	return STR_EQ(name, ".env");
}

bool take_up_ignores(const char *name)
{
	return text_is_among(name, ignored, ARRAY_SIZE(ignored));
}

/* The file of a service's own with that path in the stack. */
static bool is_own_file(const struct service_set *set, const char *name)
{
	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].file_count; i++)
			if (STR_EQ(set->items[s].files[i].name, name))
				return true;
	return false;
}

static bool is_shipped(const struct building *b, const char *name, const struct stat *st, const char *text, size_t len)
{
	char *shipped;
	size_t shipped_len;

	return S_ISREG(st->st_mode) && building_template(b, name, &shipped, &shipped_len) == 0 && len == shipped_len &&
	       memcmp(text, shipped, len) == 0;
}

/*
 * Are in this directory of the stack only files that vpsfit writes there, as after its memory was ended? Where no
 * stack was, each must be just as the package has it; else what differs is an edit like any other.
 */
bool take_up_is_rest(const struct building *b, const char *name, bool was_here)
{
	const char *dir = arena_printf(b->a, "%s/%s", b->req->dir, name);
	const struct service_set *set = b->req->plan->set;
	char **names, *text;
	long n = is_own(set, name) && !STR_EQ(name, ".env") ? sysroot_list(b->req->root, b->a, dir, &names) : -ENOENT;

	for (long i = 0; i < n; i++) {
		const char *one = arena_printf(b->a, "%s/%s", name, names[i]);
		struct file_at at;
		struct stat st;
		size_t len;

		if (!is_own_file(set, one) ||
		    file_at_find(b->req->root, b->a, arena_printf(b->a, "%s/%s", dir, names[i]), true, &at) < 0 ||
		    file_at_read(&at, b->a, &text, &len, &st) < 0 || (!was_here && !is_shipped(b, one, &st, text, len)))
			return false;
	}
	return n >= 0;
}

static const char *read(struct arena *a, const struct sysroot *root, const char *dir, const char *name)
{
	struct file_at at;
	char *text;
	size_t len;

	return file_at_find(root, a, arena_printf(a, "%s/%s", dir, name), true, &at) == 0 &&
			       file_at_read(&at, a, &text, &len, NULL) == 0
		       ? text
		       : NULL;
}

/* Is the signature part of a comment line? */
static bool is_signed(const char *text, const char *signature)
{
	const char *at = text ? strstr(text, signature) : NULL, *line = at;

	while (line && line > text && line[-1] != '\n')
		line--;
	return line && line[0] == '#';
}

static bool is_signed_env(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(env_signatures); i++)
		if (is_signed(text, env_signatures[i]))
			return true;
	return false;
}

static size_t count_marks(const char *text)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, MARK)); at += strlen(MARK))
		n++;
	return n;
}

/* Is there nothing but what an apply leaves, without the compose file? */
static bool is_rest(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir)
{
	char **names;
	long n = sysroot_list(root, a, dir, &names);

	for (long i = 0; i < n; i++)
		if (!take_up_ignores(names[i]) && !is_own(set, names[i]))
			return false;
	return n > 0;
}

/* The file may have been renamed to another of Compose's names. */
static const char *read_compose(struct arena *a, const struct sysroot *root, const char *dir)
{
	const char *text = NULL, *name;

	for (size_t i = 0; !text && (name = project_usual_name(i)); i++)
		text = read(a, root, dir, name);
	return text;
}

/*
 * Requires the header of the compose file or of .env, and several marked values: neither a foreign file with a few
 * copied comments nor an adopted one must match.
 */
bool take_up_recognised(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir)
{
	const char *compose = read_compose(a, root, dir), *env = read(a, root, dir, ".env");

	if (!compose)
		return is_signed_env(env) && is_rest(a, root, set, dir);
	/* One whose database is elsewhere has no connections; its address stands for them. */
	return count_marks(compose) + (strstr(compose, ENV_DATABASE_URL_READ) != NULL) >= LEAST_MARKS &&
	       (is_signed(compose, compose_signature) || is_signed_env(env));
}

bool take_up_is_callers(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir)
{
	return take_up_recognised(a, root, set, dir) &&
	       (read(a, root, dir, ".env") || !sysroot_exists(root, arena_printf(a, "%s/.env", dir)));
}

void take_up_values(struct building *b, const struct yaml_doc *doc, const char *file)
{
	struct state *s = &b->set->state;
	struct edit_file f;

	edit_find(b->a, doc, file, b->set->owned, b->set->owned_count, &f);
	for (size_t i = 0; i < f.count && s->count < ARRAY_SIZE(s->values); i++) {
		const struct edit *e = &f.edits[i];

		const bool ours = edit_is_marked(&f, e) && !edit_is_marked_as_edit(&f, e);

		if (e->current)
			s->values[s->count++] = (struct state_value){e->owned->key, ours ? e->current : "", NULL};
	}
}

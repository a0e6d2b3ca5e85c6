/* SPDX-License-Identifier: MIT */
/* Changes to env files: missing secrets, address and port, and variables that set owned values. */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/env_mode.h"
#include "changes/secrets_source.h"
#include "files/at.h"
#include "files/files.h"
#include "changes/volumes.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "compose/database.h"
#include "compose/env.h"

#define OWN_ENV ".env"

static bool climbs(const char *name)
{
	return name[0] == '/' || STR_EQ(name, "..") || strncmp(name, "../", 3) == 0 || strstr(name, "/../");
}

/* "./litellm.env" and "litellm.env" are the same file. */
static const char *plain_name(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2 + strspn(name + 2, "/");
	return name;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* For vpsfit's own stack, the restored secrets are listed instead. */
static void tell_of_copy(const struct building *b, const struct file_change *f)
{
	if (!b->set->layout.own)
		diag_note(b->diags, "env-restored", SEV_WARNING, f->path,
			  _("is gone, and comes back from vpsfit's own copy"))
			->hint = _("take out of it what is not to be there any more");
}

/* The template without the secrets of services that the stack does not have: nobody would make them. */
static const char *without_unused(const struct building *b, const char *template)
{
	const struct service_secret *one;
	const char *text = template;
	size_t s;

	for (size_t i = 0; (one = service_secret(b->req->plan->set, i, &s)); i++) {
		const char *line = arena_printf(b->a, "\n%s=" ENV_PLACEHOLDER "\n", one->key),
			   *at = b->set->layout.services[s] ? NULL : strstr(text, line);

		if (at)
			text = arena_printf(b->a, "%.*s%s", (int)(at - text), text, at + strlen(line) - 1);
	}
	return text;
}

/*
 * Starts from the file, from the template (vpsfit's own stack), or from nothing. If .env was written before and is
 * missing or empty now, starts from the copy in the history, also for an adopted stack: vpsfit's variables alone are
 * not a whole file.
 */
static int start_text(const struct building *b, struct file_change *f)
{
	const char *text = f->old_text, *copy;
	char *template;
	int rc = 0;

	f->new_len = f->old_len;
	if (STR_EQ(f->name, OWN_ENV) && (!text || is_blank(text))) {
		copy = b->req->secrets->last_copy(b->a, b->req->root, b->set->state.store, f->path, NULL);
		if (copy) {
			text = copy;
			f->new_len = strlen(copy);
			f->from_copy = true;
			tell_of_copy(b, f);
		} else if (!text && b->set->layout.own) {
			rc = building_template(b, OWN_ENV, &template, &f->new_len);
			text = rc < 0 ? NULL : without_unused(b, template);
			f->new_len = rc < 0 ? 0 : strlen(text);
		}
	}
	f->new_text = text ? text : "";
	return rc;
}

/*
 * Returns an env file of the stack, read on first use. NULL with an error in diags, or without one if the name leads
 * out of the stack or there are too many.
 */
struct env_file *env_files_get(struct building *b, const char *name)
{
	struct env_file *env;

	name = plain_name(name);
	for (size_t i = 0; i < b->env_count; i++)
		if (STR_EQ(b->envs[i].name, name))
			return b->envs[i].loaded ? &b->envs[i] : NULL;
	if (b->env_count == MAX_ENV_FILES || climbs(name))
		return NULL;
	env = &b->envs[b->env_count++];
	env->name = name;
	if (building_load(b, name, 0600, &env->change) < 0)
		return NULL;
	if (env->change.old_text && strlen(env->change.old_text) != env->change.old_len) {
		diag_add(b->diags, SEV_ERROR, env->change.path, _("holds a NUL byte; nothing was written"))->hint =
			_("take it out with an editor, then run again");
		return NULL;
	}
	if (start_text(b, &env->change) < 0)
		return NULL;
	env->change.env = true;
	env->loaded = true;
	return env;
}

/* Did an earlier apply write the .env of a stack with this service? */
static bool written_before(const struct building *b, size_t service)
{
	return (b->set->state.present || b->set->taken_up) && !b->brought[service];
}

static void set_text(const struct building *b, struct file_change *f, const char *key, const char *value)
{
	struct strbuf out = STRBUF_INIT;
	const char *now = value ? env_get(b->a, f->new_text, key) : NULL;

	if (!value || (now && STR_EQ(now, value)))
		return;
	if (env_set(f->new_text, key, value, &out)) {
		f->new_text = arena_strdup(b->a, strbuf_text(&out));
		f->new_len = out.len;
	}
	strbuf_clear(&out);
}

/* Sets a variable. Returns 0, or -EINVAL with an error if the file would not read back that way. */
int env_files_set(struct building *b, struct env_file *env, const char *key, const char *value)
{
	const char *now;

	set_text(b, &env->change, key, value);
	now = env_get(b->a, env->change.new_text, key);
	if (now && STR_EQ(now, value))
		return 0;
	diag_add(b->diags, SEV_ERROR, env->change.path, _("%s cannot be changed in place; nothing was written"), key)
		->hint = arena_printf(b->a, _("write %s=%s by hand"), key, value);
	return -EINVAL;
}

/*
 * The secret is neither in .env nor in any copy, and a database that exists, or that cannot be seen from here, may need
 * it.
 */
static int refuse_new(const struct building *b, const struct file_change *f, const char *key, const char *data)
{
	struct diag *d =
		data ? diag_add(
			       b->diags, SEV_ERROR, f->path,
			       _("%s is missing, no copy of it is kept, and the database in %s was made with it; nothing was "
				 "written"),
			       key, data)
		     : diag_add(
			       b->diags, SEV_ERROR, f->path,
			       _("%s is missing, and no copy of it is kept; with a new one the stack's database could not be "
				 "read any more; nothing was written"),
			       key);

	d->hint = arena_printf(
		b->a,
		_("it was deleted, or the stack was moved or restored without its .env: put the old %s into %s, "
		  "from a backup or from where the stack was, then run again; only where there is no data to "
		  "keep write a %s of your own there"),
		key, f->path, key);
	return -EKEYREJECTED;
}

/* A database keeps the password it was created with: a new one would lock the gateway out of its own data. */
static int guard_database(const struct building *b, const struct file_change *f, const char *key, size_t service)
{
	const struct service_set *set = b->req->plan->set;
	size_t database = service_by_part(set, PART_DATABASE);
	struct database_place place;
	const char *data;

	if (!service_secret_find(set, key)->in_database)
		return 0;
	place = database_find(b->a, b->compose, database == NO_SERVICE ? NULL : set->items[database].data);
	data = volumes_find(b->req->root, b->a, b->req->dir, f->old_text, &place);
	return data || written_before(b, service) ? refuse_new(b, f, key, data) : 0;
}

static void note_restored(const struct service_set *set, struct file_change *f, const char *key)
{
	if ((service_secret_find(set, key) || env_is_provider_key(key) || STR_EQ(key, ENV_DATABASE_URL)) &&
	    f->restored_count < ARRAY_SIZE(f->restored))
		f->restored[f->restored_count++] = key;
}

/* Is the stack's database elsewhere, and neither this text nor an answer says where? */
static bool needs_database_url(const struct building *b, const struct env_pair *now)
{
	const struct answers *all = b->req->answers;

	return all->database_elsewhere && !all->database_url && !env_pair_has(b->a, now, ENV_DATABASE_URL);
}

/* What to restore, and from where. */
struct restoring {
	const struct building *b;
	struct file_change *f;
	struct env_pair known;
	struct env_pair start; /* the text before anything was restored */
	const char **keys;
	size_t count;
	bool whole; /* restore all variables, not just secrets */
};

static bool is_wanted(const struct restoring *r, const char *key)
{
	struct arena work = ARENA_INIT;
	bool secret = service_secret_find(r->b->req->plan->set, key) ||
		      (STR_EQ(key, ENV_DATABASE_URL) && needs_database_url(r->b, &r->start));
	bool wanted =
		(r->whole || (secret && !env_pair_has(&work, &r->start, key))) && env_pair_has(&work, &r->known, key);

	arena_clear(&work);
	return wanted;
}

/* Restores a key's value from the copy. */
static int put_back(const struct restoring *r, const char *key)
{
	const struct building *b = r->b;
	const char *value = env_pair_get(b->a, &r->known, key), *now = env_pair_get(b->a, &r->start, key);

	if (now && STR_EQ(now, value))
		return 0;
	set_text(b, r->f, key, value);
	if (env_has(b->a, r->f->new_text, key))
		return 0;
	diag_add(b->diags, SEV_ERROR, r->f->path, _("%s cannot be put back; nothing was written"), key)->hint =
		arena_printf(b->a, _("take its line from %s"), arena_printf(b->a, "%s/" KEPT_ENV, b->set->state.store));
	return -EINVAL;
}

static bool is_absent(const struct restoring *r, const char *key)
{
	return !env_reading_find(&r->start.r[ENV_COMPOSE_1], key) && !env_reading_find(&r->start.r[ENV_COMPOSE_2], key);
}

/* Appends all keys that are not in the file at once; one by one if that cannot be proved correct. */
static int append_absent(const struct restoring *r)
{
	const struct env_pair now = env_pair_read(r->b->a, r->f->new_text);
	const char **absent = arena_array(r->b->a, r->count, sizeof(*absent)), *text;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < r->count; i++)
		if (is_absent(r, r->keys[i]) && is_wanted(r, r->keys[i]))
			absent[n++] = r->keys[i];
	text = n > 0 ? env_pair_append(r->b->a, &now, &r->known, absent, n) : NULL;
	if (text) {
		r->f->new_text = text;
		r->f->new_len = strlen(text);
	}
	for (size_t i = 0; rc == 0 && !text && i < n; i++)
		rc = put_back(r, absent[i]);
	return rc;
}

static int put_all_back(const struct restoring *r)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->count; i++)
		if (!is_absent(r, r->keys[i]) && is_wanted(r, r->keys[i]))
			rc = put_back(r, r->keys[i]);
	if (rc == 0)
		rc = append_absent(r);
	for (size_t i = 0; rc == 0 && i < r->count; i++)
		if (is_wanted(r, r->keys[i]))
			note_restored(r->b->req->plan->set, r->f, r->keys[i]);
	return rc;
}

static void tell_restored(const struct building *b, const struct file_change *f)
{
	struct strbuf keys = STRBUF_INIT;

	for (size_t i = 0; i < f->restored_count; i++)
		strbuf_printf(&keys, "%s%s", i ? ", " : "", f->restored[i]);
	if (f->restored_count > 0)
		diag_note(b->diags, "env-restored", SEV_INFO, f->path,
			  _("missing, and to be put back from vpsfit's own copy: %s"), strbuf_text(&keys))
			->hint = arena_printf(b->a, _("the copy is in %s"), b->set->state.store);
	strbuf_clear(&keys);
}

/* A restored file may have a person's comments: only those in the template are known to be harmless. */
static int know_shipped(const struct building *b, struct file_change *f)
{
	char *template;
	size_t len;
	int rc = building_template(b, OWN_ENV, &template, &len);

	f->shipped = rc < 0 ? NULL : template;
	return rc;
}

/*
 * Restores what was written before and is missing: always the secrets, the other variables only if the file is missing
 * or empty. The change set lists it, so the user is asked about it.
 */
static int restore(const struct building *b, struct file_change *f)
{
	struct restoring r = {.b = b, .f = f, .whole = f->from_copy || !f->old_text || is_blank(f->old_text)};
	const char *store = b->set->state.store, *known;
	int rc = secrets_source_known(b->req->secrets, b->a, b->req->root, store, &known);

	if (rc < 0)
		return building_cannot_read(b, arena_printf(b->a, "%s/" KEPT_ENV, store), rc);
	if (known) {
		r.known = env_pair_read(b->a, known);
		r.start = env_pair_read(b->a, f->new_text);
		r.keys = env_pair_keys(b->a, &r.known, &r.count);
		rc = put_all_back(&r);
	}
	f->from_copy |= r.whole && r.count > 0;
	tell_restored(b, f);
	return rc < 0 || !f->from_copy ? rc : know_shipped(b, f);
}

static bool is_needed(const struct building *b, const struct service_secret *one, size_t s)
{
	return b->set->layout.services[s] &&
	       (!one->if_named || building_mentions_with_helpers(b, s, "environment", one->key));
}

/* The i-th secret of the services that the stack will have, and its service; NULL past the last one. */
static const struct service_secret *secret_of(const struct building *b, size_t i, size_t *ret_service)
{
	const struct service_secret *one;

	for (size_t k = 0; (one = service_secret(b->req->plan->set, k, ret_service)); k++)
		if (is_needed(b, one, *ret_service) && i-- == 0)
			return one;
	return NULL;
}

static const struct service_secret *secret(const struct building *b, size_t i)
{
	size_t s;

	return secret_of(b, i, &s);
}

static void tell_of_changed(const struct building *b, const struct file_change *f, const char *key)
{
	const bool back = text_is_among(key, f->restored, f->restored_count);

	diag_note(b->diags, "secret-changed", SEV_WARNING, f->path,
		  back ? _("%s: several are kept, and the last comes back; the database was made with the first, and "
			   "what is in it cannot be read with another one")
		       : _("%s is another one than before: the database was made with the old one, and what is "
			   "in it cannot be read with the new one"),
		  key)
		->hint = text_aprintf(
		b->a,
		back ? _("all are in %s, the oldest first: write the right one into .env, and where that is not the "
			 "first, copy its line to the top of that file too")
		     : _("the old one is in %s, the oldest first: put it back into .env; if the database has taken "
			 "the new one, copy the new line to the top of that file, and this is not said again"),
		arena_printf(b->a, "%s/" KEPT_ENV, b->set->state.store));
}

/* Is the key's line a comment? So a person says that it is not wanted any more. */
static bool is_commented(const char *text, const char *key)
{
	const size_t n = strlen(key);

	for (const char *at = text; (at = strstr(at, key)); at += n) {
		const char *start = at;

		while (start > text && (start[-1] == ' ' || start[-1] == '#'))
			start--;
		if (*start == '#' && (start == text || start[-1] == '\n') && at[n] == '=')
			return true;
	}
	return false;
}

/* An older .env may have come back without them. Whoever took one out knows it: nothing is put back. */
static void tell_of_lost_keys(const struct building *b, const struct file_change *f, const struct env_pair *kept,
			      const struct env_pair *now)
{
	const char *list = NULL;

	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const char *key = env_provider_keys[i];

		if (env_pair_has(b->a, kept, key) && !env_pair_has(b->a, now, key) && !is_commented(now->text, key))
			list = list ? arena_printf(b->a, "%s, %s", list, key) : key;
	}
	if (list)
		diag_note(b->diags, "key-lost", SEV_INFO, f->path, _("had a value before, and has none now: %s"), list)
			->hint = text_aprintf(
			b->a,
			_("the last value is in %s: write it back into .env; where it is not wanted any more, put # before "
			  "the line in .env"),
			arena_printf(b->a, "%s/" KEPT_ENV, b->set->state.store));
}

/*
 * A key that the database needs is another one than it was: by a slip, or from another stack's backup. Told for as long
 * as it is not the first that was kept: an apply does not make it right.
 */
static void compare_with_kept(const struct building *b, const struct file_change *f)
{
	const struct service_secret *one;
	struct env_pair kept, now;
	const char *known;

	if (!b->set->state.present ||
	    secrets_source_known(b->req->secrets, b->a, b->req->root, b->set->state.store, &known) < 0 || !known)
		return;
	kept = env_pair_read(b->a, known);
	now = env_pair_read(b->a, f->new_text);
	for (size_t i = 0; (one = secret(b, i)); i++)
		if (one->in_database && !env_pair_is_first(b->a, &now, &kept, one->key))
			tell_of_changed(b, f, one->key);
	tell_of_lost_keys(b, f, &kept, &now);
}

static bool lacks_secret(const struct building *b, const struct file_change *f)
{
	const struct env_pair now = env_pair_read(b->a, f->new_text);
	const struct service_secret *one;
	bool lacks = f->from_copy;

	for (size_t i = 0; (one = secret(b, i)); i++)
		lacks |= !env_pair_has(b->a, &now, one->key);
	return lacks || needs_database_url(b, &now);
}

/* A key that was given replaces the one in the file: it is new, or corrects a typo. */
static void set_provider_keys(const struct building *b, struct file_change *f)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const char *before = f->new_text;

		set_text(b, f, env_provider_keys[i], b->req->answers->provider_keys[i]);
		if (f->new_text != before)
			f->given[f->given_count++] = env_provider_keys[i];
	}
}

/* The address of a database elsewhere. Without it the gateway would not start. */
static int set_database_url(struct building *b, struct env_file *env)
{
	struct file_change *f = &env->change;
	const char *url = b->req->answers->database_url, *before = f->new_text;
	struct env_pair now;

	if (url && b->req->answers->database_elsewhere) {
		int rc = env_files_set(b, env, ENV_DATABASE_URL, url);

		if (f->new_text != before)
			f->given[f->given_count++] = ENV_DATABASE_URL;
		return rc;
	}
	now = env_pair_read(b->a, f->new_text);
	if (!needs_database_url(b, &now) || env_pair_from_outside(b->a, &now, ENV_DATABASE_URL))
		return 0;
	diag_add(
		b->diags, SEV_ERROR, f->path,
		_("%s is missing, no copy of it is kept, and the stack has no database of its own; nothing was written"),
		ENV_DATABASE_URL)
		->hint =
		_("put the line back, or answer database-url in an answers file: with the address, or with none for a "
		  "database of the stack's own, which begins empty or with what its volume holds");
	return -EINVAL;
}

/* Fixes a mode that lets others read the file; only warns of a foreign owner. */
static void look_at_mode(const struct building *b, struct file_change *f)
{
	mode_t mode = f->old_st.st_mode & 07777;
	struct file_at at;

	if (!f->old_text || file_at_find(b->req->root, b->a, f->path, true, &at) < 0)
		return;
	if (env_is_foreign(&f->old_st, at.host))
		diag_note(b->diags, "env-exposed", SEV_WARNING, f->path,
			  _("belongs to user %u, who can read the secrets in it"), (unsigned)f->old_st.st_uid)
			->hint = _("if that is not intended, chown it to the user who runs the stack");
	if ((mode & ENV_OTHERS) == 0)
		return;
	if (env_mode_is_kept(at.host))
		f->mode_was = mode;
	else
		env_open_warning(b->diags, f->path, mode);
}

/* Never generates a new secret in place of a former one without a warning. */
static int name_new_secrets(const struct building *b, struct file_change *f)
{
	struct env_pair now = env_pair_read(b->a, f->new_text);
	const struct service_secret *one;
	size_t s;

	for (size_t i = 0; (one = secret_of(b, i, &s)); i++)
		if (!env_pair_has(b->a, &now, one->key) && guard_database(b, f, one->key, s) < 0)
			return -EKEYREJECTED;
	for (size_t i = 0; (one = secret_of(b, i, &s)); i++) {
		const char *key = one->key;

		if (f->new_text != now.text)
			now = env_pair_read(b->a, f->new_text);
		if (env_pair_from_outside(b->a, &now, key))
			diag_note(b->diags, "secret-from-outside", SEV_WARNING, f->path,
				  _("%s has no value here: it comes from the environment of whoever starts the stack"),
				  key)
				->hint = _("'docker compose config' shows whether it does");
		if (env_pair_has(b->a, &now, key))
			continue;
		if (written_before(b, s))
			diag_note(b->diags, "secret-new", SEV_WARNING, f->path,
				  _("%s is missing, and no copy of it is kept: a new one is made"), key)
				->hint = _("whoever uses the old one must be given the new one, or log in again");
		/* Add a line if there is none, so that the diff shows the new secret. */
		if (!env_pair_get(b->a, &now, key))
			set_text(b, f, key, ENV_PLACEHOLDER);
		if (f->secret_count < ARRAY_SIZE(f->secrets))
			f->secrets[f->secret_count++] = one;
	}
	return 0;
}

/*
 * Plans the .env of vpsfit's own stack. Secrets are only named here, apply makes them.
 */
int env_files_plan_own(struct building *b)
{
	struct env_file *env = env_files_get(b, OWN_ENV);
	struct file_change *f;

	if (!env)
		return -EIO;
	f = &env->change;
	look_at_mode(b, f);
	if (lacks_secret(b, f) && restore(b, f) < 0)
		return -EINVAL;
	set_provider_keys(b, f);
	if (set_database_url(b, env) < 0)
		return -EINVAL;
	compare_with_kept(b, f);
	return name_new_secrets(b, f);
}

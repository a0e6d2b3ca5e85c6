/* SPDX-License-Identifier: MIT */
#include "apply/rollback.h"

#include <errno.h>
#include <string.h>

#include "swap/fstab.h"
#include "apply/history.h"
#include "apply/last_files.h"
#include "apply/secrets.h"
#include "state/state.h"
#include "changes/gone.h"
#include "changes/swap_changes.h"
#include "apply/tx_areas.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "state/store_lock.h"
#include "swap/unit.h"
#include "compose/env.h"
#include "files/files.h"

struct building {
	struct arena *a;
	const struct service_set *services;
	struct transaction journal; /* of the apply to take back */
	struct state then;	    /* what is remembered after it */
	const char *found; /* the compose file that was there before the first apply; NULL: it made the stack */
	enum edit_policy edits;
	struct diag_list *diags;
	struct rollback *r;
	const char *left[TX_MAX_FILES]; /* texts of edited files that are left in place */
	size_t left_count;
	bool keeps_edits; /* a file stays because it was edited */
};

static bool is_link(const struct tx_file *f)
{
	return f->before.link || f->after.link;
}

static int read_current(const struct building *b, const struct tx_file *f, struct tx_copy *ret)
{
	struct stat st;
	char *text;
	int rc;

	*ret = (struct tx_copy){.present = false};
	if (is_link(f)) {
		rc = file_at_read_link(&f->at, b->a, &text, &ret->len);
		if (rc == 0)
			*ret = (struct tx_copy){.present = true, .link = true, .text = text, .len = ret->len};
		return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
	}
	rc = file_at_read(&f->at, b->a, &text, &ret->len, &st);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc < 0) {
		diag_add(b->diags, SEV_ERROR, f->path, _("cannot be read: %s; nothing was changed"),
			 file_at_why(b->journal.root, b->a, rc))
			->hint = file_at_hint(rc, _("fix that, then run again"));
		return rc;
	}
	ret->present = true;
	ret->text = text;
	ret->owner = (struct file_owner){st.st_mode & 07777, st.st_uid, st.st_gid};
	return 0;
}

static bool same_bytes(const struct tx_copy *x, const struct tx_copy *y)
{
	return x->present == y->present && (!x->present || (x->len == y->len && memcmp(x->text, y->text, x->len) == 0));
}

static bool has(const struct building *b, const struct tx_copy *c, const char *key)
{
	return c->present && !c->link && env_has(b->a, c->text, key);
}

/* The i-th key in .env that vpsfit generates or was given as an answer; NULL past the last one. */
static const char *secret_key(const struct service_set *set, size_t i)
{
	const struct service_secret *one;
	size_t n = 0;

	for (; (one = service_secret(set, n, NULL)); n++)
		if (n == i)
			return one->key;
	i -= n;
	return i < PROVIDER_COUNT ? env_provider_keys[i] : i == PROVIDER_COUNT ? ENV_DATABASE_URL : NULL;
}

/*
 * Lists the keys that the rollback removes from .env, or that are gone from it already and would vanish with the
 * history entry. A database may have been created with them, so they stay in kept.env and the user is told.
 */
static void name_kept(const struct building *b, const struct tx_file *done, const struct tx_copy *then,
		      const struct tx_copy *now)
{
	struct rollback *r = b->r;
	const char *key;

	for (size_t i = 0; (key = secret_key(b->services, i)); i++) {
		if (!has(b, then, key) && (has(b, now, key) || has(b, &done->after, key)) &&
		    r->kept_count < ARRAY_SIZE(r->kept))
			r->kept[r->kept_count++] = key;
	}
}

/* Does a file that is left in place use the variable? */
static bool is_asked_for(const struct building *b, const char *key)
{
	const char *use = arena_printf(b->a, "${%s", key);

	for (size_t i = 0; i < b->left_count; i++)
		for (const char *at = strstr(b->left[i], use); at; at = strstr(at + 1, use))
			if (at[strlen(use)] && strchr("}:?", at[strlen(use)]))
				return true;
	return false;
}

static void stays(const struct building *b, const char *path, const char *why)
{
	struct rollback *r = b->r;

	if (r->stay_count < ARRAY_SIZE(r->stays))
		r->stays[r->stay_count++] = (struct rollback_stay){path, why};
}

/* A stack that was there before the first apply, as one that was taken up, needs the file. */
static bool is_missed(const struct building *b, const char *path)
{
	return b->found && (secrets_is_env(path) || strstr(b->found, strrchr(path, '/')));
}

/* Had somebody lost the file, so that the apply brought it back? One that is blank or cut off is lost too. */
static bool was_lost(const struct building *b, const struct tx_file *done, const struct tx_copy *last)
{
	const struct tx_copy *was = &done->before;

	if (is_link(done) || !done->after.present)
		return false;
	if (!(b->then.present ? state_file_at(&b->then, done->path) != NULL : is_missed(b, done->path)))
		return false;
	return !was->present || strspn(was->text, " \t\r\n") == was->len || strlen(was->text) != was->len ||
	       (last && was->len < last->len && memcmp(was->text, last->text, was->len) == 0);
}

/* Puts a line of .env that is there now into what it goes back to. */
static void keep_line(const struct building *b, const struct tx_copy *now, struct tx_copy *then, const char *key)
{
	struct strbuf out = STRBUF_INIT;

	if (env_set(then->text, key, env_get(b->a, now->text, key), &out)) {
		then->text = arena_strdup(b->a, strbuf_text(&out));
		then->len = strlen(then->text);
	}
	strbuf_clear(&out);
}

#define PROJECT_KEY "COMPOSE_PROJECT_NAME"

/* The name that the stack's volumes have: without it, the directory's would name new ones. */
static void spare_project(const struct building *b, const char *path, const struct tx_copy *now, struct tx_copy *then)
{
	const char *base = b->journal.base ? strrchr(b->journal.base, '/') : NULL, *name;

	if (!then->present || then->link || !has(b, now, PROJECT_KEY) || has(b, then, PROJECT_KEY))
		return;
	name = docker_project_name(b->a, env_get(b->a, now->text, PROJECT_KEY));
	if (base && STR_EQ(name, docker_project_name(b->a, base + 1)))
		return;
	keep_line(b, now, then, PROJECT_KEY);
	stays(b, path,
	      arena_printf(b->a, _("COMPOSE_PROJECT_NAME=%s stays, because the volumes are named after it"), name));
}

/* Keys that were lost before the apply put them back: those that an apply before it had left there. */
static void spare_lost(const struct building *b, const char *path, const struct tx_copy *now,
		       const struct tx_copy *last, struct tx_copy *then)
{
	const char *key, *list = NULL;

	for (size_t i = 0; last && then->present && !then->link && (key = secret_key(b->services, i)); i++) {
		if (!has(b, now, key) || has(b, then, key) || !has(b, last, key))
			continue;
		keep_line(b, now, then, key);
		list = list ? arena_printf(b->a, "%s, %s", list, key) : key;
	}
	if (list)
		stays(b, path, arena_printf(b->a, _("%s: lost before that apply, which put it back; it stays"), list));
}

/*
 * Compose refuses a file that uses a missing secret: if the file stays, so does the secret. An apply writes .env first,
 * so that a rollback reaches it last.
 */
static void spare_secrets(const struct building *b, const struct tx_copy *now, struct tx_copy *then)
{
	const struct service_secret *one;

	for (size_t i = 0; (one = service_secret(b->services, i, NULL)); i++) {
		if (!has(b, now, one->key) || has(b, then, one->key) || !is_asked_for(b, one->key))
			continue;
		if (!then->present || then->link) {
			*then = *now;
			return;
		}
		keep_line(b, now, then, one->key);
	}
}

/* /etc/fstab is shared: revert only the lines for swap and leave other edits alone. */
static int undo_fstab(const struct building *b, const struct tx_copy *now, struct tx_copy *then)
{
	const char *comes[SWAP_MAX_OWN], *goes[SWAP_MAX_OWN], *edited;
	size_t come_count = 0, go_count = 0;
	const struct transaction *j = &b->journal;
	int rc;

	for (size_t i = 0; i < j->area_count; i++) {
		const struct swap_change *area = &j->areas[i];

		if (area->device || area->before.on == area->after.on)
			continue;
		if (area->before.on)
			comes[come_count++] = area->path;
		else
			goes[go_count++] = area->path;
	}
	if (!now->present)
		return 0;
	rc = fstab_edit(b->a, FSTAB_PATH, now->text, comes, come_count, goes, go_count, b->diags, &edited);
	if (rc == 0)
		*then = (struct tx_copy){.present = true, .text = edited, .len = strlen(edited), .owner = now->owner};
	return rc;
}

/* Leaves the file in place. */
static int leave(struct building *b, const char *path, const struct tx_copy *now)
{
	const size_t n = b->journal.base ? strlen(b->journal.base) : 0;

	if (!now->present || now->link)
		return 0;
	b->left[b->left_count++] = now->text;
	if (n > 0 && strncmp(path, b->journal.base, n) == 0 && path[n] == '/')
		b->r->left[b->r->left_count++] = (struct state_left){path + n + 1, path};
	return 0;
}

static int leave_edited(struct building *b, const char *path, const struct tx_copy *now)
{
	b->keeps_edits = true;
	stays(b, path, _("it was edited by hand since"));
	return leave(b, path, now);
}

/*
 * Finds what the file goes back to. One that was lost before the apply does not get lost again: it goes back to what an
 * earlier apply left, and .env, which people write in, stays. Returns false if the file stays.
 */
static bool settle_then(const struct building *b, const struct tx_file *done, const struct tx_copy *now,
			struct tx_copy *ret)
{
	struct history_copy was;
	const bool left = !is_link(done) && history_find(b->a, b->journal.root, b->journal.store, b->r->t.undoes,
							 done->path, NULL, 0, &was);
	const struct tx_copy *last = left ? &was.copy : NULL;

	*ret = done->before;
	if (was_lost(b, done, last)) {
		stays(b, done->path,
		      _("it was lost before that apply, which brought it back: it is not taken away again"));
		if (!last || (secrets_is_env(done->path) && now->present))
			return false;
		*ret = was.copy;
	}
	if (!secrets_is_env(done->path))
		return true;
	spare_lost(b, done->path, now, last, ret);
	spare_project(b, done->path, now, ret);
	spare_secrets(b, now, ret);
	name_kept(b, done, ret, now);
	return true;
}

/* Is it as the apply left it, but for lines that an earlier rollback left in .env? */
static bool is_as_left(const struct building *b, const struct tx_file *done, const struct tx_copy *now)
{
	struct tx_copy left = done->after;
	const char *key;

	if (!secrets_is_env(done->path) || !left.present || left.link || !now->present)
		return same_bytes(now, &done->after);
	for (size_t i = 0; (key = secret_key(b->services, i)); i++)
		if (has(b, now, key) && !has(b, &left, key))
			keep_line(b, now, &left, key);
	if (has(b, now, PROJECT_KEY) && !has(b, &left, PROJECT_KEY))
		keep_line(b, now, &left, PROJECT_KEY);
	return same_bytes(now, &left);
}

/* A compose file that somebody renamed since goes back under its new name: Compose would find two of them. */
static int follow_name(const struct building *b, const struct tx_file *done, struct tx_file *ret)
{
	const char *renamed = is_link(done) ? NULL : gone_renamed(b->a, b->journal.root, done->path);

	*ret = *done;
	if (!renamed)
		return 0;
	ret->path = renamed;
	return file_at_find(b->journal.root, b->a, renamed, true, &ret->at);
}

static int add_file(struct building *b, const struct tx_file *entry)
{
	struct tx_file found, *f;
	const struct tx_file *const done = &found;
	struct tx_copy now, then;
	int rc = follow_name(b, entry, &found);

	if (rc == 0)
		rc = read_current(b, done, &now);
	if (rc < 0)
		return rc;
	if (!settle_then(b, entry, &now, &then))
		return leave(b, entry->path, &now);
	if (same_bytes(&now, &then))
		return 0;
	/* Swap units follow the swap even if they were edited: no unit may point to an area that is not there. */
	if (!is_as_left(b, done, &now) && !same_bytes(&now, &done->before)) {
		if (STR_EQ(done->path, FSTAB_PATH))
			rc = undo_fstab(b, &now, &then);
		else if (b->edits == EDITS_KEEP && now.present && !swap_is_unit(done->path))
			return leave_edited(b, entry->path, &now);
		else if (now.present && !swap_is_unit(done->path))
			b->r->edited[b->r->edited_count++] = done->path;
	}
	if (rc < 0 || same_bytes(&now, &then))
		return rc;
	f = is_link(done) ? transaction_add_link(&b->r->t, done->path) : transaction_add(&b->r->t, done->path);
	if (!f)
		return -ELOOP;
	f->before = now;
	f->after = then;
	/* The stack may have been removed by hand since, and this apply may not have made all of it. */
	if (then.present)
		transaction_add_missing_dirs(&b->r->t, done->path);
	return 0;
}

/* Its faults are for whoever reads it next. */
static void load_then(struct building *b, const char *store, long entry)
{
	struct diag_list unheard;

	diag_init(&unheard, b->a);
	if (state_load_below(b->a, store, entry, &unheard, &b->then) < 0)
		b->then.present = false;
	diag_clear(&unheard);
}

/* The compose file that the apply found in the place of vpsfit's own; NULL: there was none, or it is another's. */
static const char *find_found(struct building *b, const char *store)
{
	struct diag_list unheard;
	struct state now;
	char *text = NULL;
	size_t len;

	diag_init(&unheard, b->a);
	if (state_load(b->a, store, &unheard, &now) < 0 || gone_is_adopted(&now))
		now.file_count = 0;
	diag_clear(&unheard);
	for (size_t i = 0; i < now.file_count; i++) {
		const char *path = now.files[i].path;

		if (!gone_is_compose(path))
			continue;
		for (size_t k = 0; k < b->journal.count; k++)
			if (STR_EQ(b->journal.files[k].path, path))
				return b->journal.files[k].before.text;
		if (sysroot_read(b->journal.root, b->a, path, 0, &text, &len) == 0)
			return text;
	}
	return NULL;
}

/*
 * The state before the oldest apply that is kept is gone: to go back there would forget all that was asked for. Entries
 * are numbered from 1.
 */
static int refuse_oldest(const struct building *b, const char *store, long entry)
{
	if (entry == 1 || state_newest(b->a, store, entry) != 0)
		return 0;
	diag_add(
		b->diags, SEV_ERROR, state_entry_dir(b->a, store, entry),
		_("the oldest apply that is remembered: what was asked for before it is not known any more, and all that "
		  "is remembered would be forgotten; nothing was changed"))
		->hint = _("an apply with other answers goes on from here; the files as they were before are in that "
			   "directory, as N.before");
	return -ESTALE;
}

static int build(struct building *b, const char *store)
{
	long entry = state_newest(b->a, store, 0);
	const char *dir = state_entry_dir(b->a, store, entry);
	int rc;

	if (entry == 0)
		return -ENOENT;
	if (entry < 0) {
		diag_add(b->diags, SEV_ERROR, store, _("the history cannot be read: %s; nothing was changed"),
			 strerror((int)-entry))
			->hint = _("fix that, then run again");
		return (int)entry;
	}
	rc = refuse_oldest(b, store, entry);
	if (rc < 0)
		return rc;
	rc = journal_read(&b->journal, dir);
	if (rc < 0) {
		diag_add(b->diags, SEV_ERROR, dir, _("what was there before cannot be read: %s; nothing was changed"),
			 file_at_why(b->journal.root, b->a, rc))
			->hint = _("the files are in this directory: N.before is what N.after replaced");
		return rc == -ENOENT ? -EBADMSG : rc;
	}
	load_then(b, store, entry);
	b->found = b->then.present ? NULL : find_found(b, store);
	b->r->applied = b->journal.time;
	b->r->t.undoes = entry;
	b->r->t.base = b->journal.base;
	b->r->t.gone = b->journal.made;
	for (size_t i = b->journal.count; rc == 0 && i-- > 0;)
		rc = add_file(b, &b->journal.files[i]);
	for (size_t i = b->journal.area_count; rc == 0 && i-- > 0;)
		rc = areas_take_back(&b->r->t, &b->journal.areas[i]);
	b->r->t.swappiness_before = b->journal.swappiness_after;
	b->r->t.swappiness_after = b->journal.swappiness_before;
	b->r->nothing = b->keeps_edits && b->r->t.count == 0 && b->r->t.area_count == 0 && b->r->t.swappiness_after < 0;
	return rc;
}

/*
 * Builds the transaction that takes back the newest apply; reads only. store is the directory of the stack's state on
 * this host, store_path the same path as the machine sees it.
 */
int rollback_build(struct arena *a, const char *store, const char *store_path, enum edit_policy edits,
		   const struct apply_request *req, struct diag_list *diags, struct rollback *ret)
{
	struct building b = {.a = a, .services = req->services, .edits = edits, .diags = diags, .r = ret};
	int rc;

	*ret = (struct rollback){.t = apply_transaction(a, store, req, diags)};
	b.journal = ret->t;
	ret->kept_in = arena_printf(a, "%s/" KEPT_ENV, store_path);
	rc = build(&b, store);
	if (rc == 0) {
		ret->edits_dir = last_files_dir(a, store, ret->applied);
		ret->edits_path = last_files_dir(a, store_path, ret->applied);
	}
	return rc;
}

/* Runs before anything is removed: keep the secrets of the entry that is taken back, then those that are there now. */
static int keep_secrets(const struct transaction *t)
{
	int rc = secrets_keep_entry(t, t->undoes);

	if (rc == 0)
		rc = secrets_keep(t);
	if (rc < 0)
		diag_add(t->diags, SEV_ERROR, arena_printf(t->a, "%s/" KEPT_ENV, t->store),
			 _("the secrets cannot be kept: %s; nothing was changed"), file_read_why(rc))
			->hint = _("fix that, then run again");
	return rc;
}

/* An edit is in no history: what somebody overwrites is kept beside it. */
static int keep_edits(const struct rollback *r)
{
	const struct transaction *t = &r->t;
	struct last_file files[TX_MAX_FILES];
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < r->edited_count; k++)
			if (STR_EQ(t->files[i].path, r->edited[k]))
				last_files_add(
					t->a, files, &count, r->edited[k],
					&(struct last_file){NULL, t->files[i].before.text, t->files[i].before.len});
	rc = last_files_write(t->a, t->store, r->edits_dir, files, count);
	if (rc < 0)
		diag_add(t->diags, SEV_ERROR, r->edits_dir,
			 _("what was edited cannot be kept: %s; nothing was changed"), file_read_why(rc))
			->hint = _("fix that, then run again");
	return rc;
}

static const char *read_state(const struct transaction *t, long entry)
{
	char *text;
	size_t len;

	return entry > 0 && file_read(t->a, arena_printf(t->a, "%s/state.json", state_entry_dir(t->a, t->store, entry)),
				      &text, &len, NULL) == 0
		       ? text
		       : NULL;
}

/*
 * What is left in place was written by the apply that is taken back: without that in the state, every value of it would
 * count as edited by hand. undone: that apply's state.
 */
static void note_left(const struct rollback *r, const char *undone)
{
	static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};
	const struct transaction *t = &r->t;
	const long entry = state_newest(t->a, t->store, 0);
	const char *then = read_state(t, entry), *text;
	int rc;

	text = then && undone ? state_with_left(t->a, then, undone, r->left, r->left_count) : NULL;
	if (!text)
		return;
	rc = file_replace(t->a, arena_printf(t->a, "%s/state.json", state_entry_dir(t->a, t->store, entry)), text,
			  strlen(text), &mine);
	if (rc < 0)
		diag_note(t->diags, "not-done", SEV_WARNING, t->store,
			  _("what stays could not be recorded: %s; the next apply takes it for edited by hand"),
			  strerror(-rc));
}

/* Returns 0, or a negative errno with errors in diags and everything as it was. */
int rollback_run(struct rollback *r)
{
	struct transaction *t = &r->t;
	const char *undone;
	int lock, rc = store_lock(t->a, t->store, t->diags, &lock);

	if (rc < 0)
		return rc;
	undone = read_state(t, t->undoes);
	rc = state_newest(t->a, t->store, 0) == t->undoes && !transaction_pending(t->a, t->store) ? 0 : -EAGAIN;
	if (rc < 0)
		diag_add(t->diags, SEV_ERROR, t->store, _("another vpsfit was at work meanwhile; nothing was changed"))
			->hint = _("run again to see the new difference");
	else
		rc = keep_secrets(t);
	if (rc == 0)
		rc = keep_edits(r);
	if (rc == 0)
		rc = transaction_run(t);
	if (rc == 0)
		note_left(r, undone);
	store_unlock(t->a, t->store, lock);
	return rc;
}

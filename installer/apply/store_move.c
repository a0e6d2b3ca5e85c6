/* SPDX-License-Identifier: MIT */
#include "apply/store_move.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/last_files.h"
#include "apply/secrets.h"
#include "apply/transaction.h"
#include "core/i18n.h"
#include "core/text.h"
#include "files/files.h"
#include "files/trust.h"
#include "state/state.h"
#include "state/store_lock.h"

static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};

/* One move: the stack's directory before and after, as the machine sees them. */
struct move {
	struct arena *a;
	struct diag_list *diags;
	const char *from, *to;
	const char *from_file, *to_file; /* names of an adopted file that has another one now; NULL: it has not */
};

static bool lies_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static json_t *moved_text(const struct move *m, const json_t *text)
{
	const char *path = json_string_value(text), *rest;

	if (!lies_below(path, m->from))
		return NULL;
	rest = path + strlen(m->from);
	if (m->from_file && rest[0] == '/' && STR_EQ(rest + 1, m->from_file))
		rest = arena_printf(m->a, "/%s", m->to_file);
	return json_string(arena_printf(m->a, "%s%s", m->to, rest));
}

/* Puts the new directory in place of the old one in every path of the document. */
static bool move_paths(const struct move *m, json_t *node)
{
	const char *key;
	json_t *value, *text;
	size_t i;
	void *next;
	bool well = true;

	json_object_foreach_safe(node, next, key, value)
	{
		text = json_is_string(value) ? moved_text(m, value) : NULL;
		if (text)
			well = json_object_set_new(node, key, text) == 0 && well;
		else
			well = move_paths(m, value) && well;
	}
	json_array_foreach(node, i, value)
	{
		text = json_is_string(value) ? moved_text(m, value) : NULL;
		if (text)
			well = json_array_set_new(node, i, text) == 0 && well;
		else
			well = move_paths(m, value) && well;
	}
	return well;
}

/* The keys of a state's values begin with the file's name. */
static bool rename_keys(const struct move *m, json_t *root)
{
	json_t *values = json_object_get(root, "values"), *value, *renamed;
	const char *key;
	size_t n;
	bool well;

	if (!m->from_file)
		return true;
	n = strlen(m->from_file);
	renamed = json_object();
	well = renamed != NULL;
	json_object_foreach(values, key, value)
	{
		const bool is = state_key_is_of(key, m->from_file);

		well = well &&
		       json_object_set(renamed, is ? arena_printf(m->a, "%s%s", m->to_file, key + n) : key, value) == 0;
	}
	if (well && values)
		well = json_object_set(root, "values", renamed) == 0;
	json_decref(renamed);
	return well;
}

/* A journal lists directories above the stack that the apply made: those above the old place are nobody's any more. */
static void drop_dirs_above(const struct move *m, json_t *root, const char *key)
{
	json_t *dirs = json_object_get(root, key);

	for (size_t i = json_array_size(dirs); i-- > 0;) {
		const char *path = json_string_value(json_array_get(dirs, i));

		if (path && !lies_below(path, m->to))
			json_array_remove(dirs, i);
	}
}

static int move_document(const struct move *m, const char *path)
{
	char *text, *dumped = NULL;
	json_t *root = NULL;
	size_t len;
	int rc = trust_own(m->a, path, m->diags);

	if (rc == 0)
		rc = file_read(m->a, path, &text, &len, NULL);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	/* What is damaged stays as it is, for whoever mends it. */
	if (!root)
		return 0;
	if (move_paths(m, root) && rename_keys(m, root)) {
		drop_dirs_above(m, root, "dirs");
		drop_dirs_above(m, root, "remade");
		dumped = json_dumps(root, JSON_INDENT(2));
	}
	json_decref(root);
	if (!dumped)
		return -EILSEQ;
	text = arena_printf(m->a, "%s\n", dumped);
	free(dumped);
	return file_replace(m->a, path, text, strlen(text), &mine);
}

/*
 * The newest state is last: while it names the old directory, the move is not finished, and the next run goes on with
 * it.
 */
static int move_documents(const struct move *m, const char *store)
{
	const long newest = state_newest(m->a, store, 0);
	int rc = newest < 0 ? (int)newest : 0;

	for (long entry = newest; rc == 0 && entry > 0; entry = state_newest(m->a, store, entry)) {
		const char *dir = state_entry_dir(m->a, store, entry);

		rc = move_document(m, arena_printf(m->a, "%s/journal.json", dir));
		if (rc == 0 && entry != newest)
			rc = move_document(m, arena_printf(m->a, "%s/state.json", dir));
	}
	if (rc == 0 && newest > 0)
		rc = move_document(m, arena_printf(m->a, "%s/state.json", state_entry_dir(m->a, store, newest)));
	return rc;
}

/*
 * Secrets of an earlier stack in the new place stay, among those of this one: the first of a name says what its
 * database was made with, and the last is what comes back.
 */
static int merge_kept(const struct move *m, const char *from_store, const char *to_store)
{
	const char *kept = arena_printf(m->a, "%s/" KEPT_ENV, from_store),
		   *there = arena_printf(m->a, "%s/" KEPT_ENV, to_store);
	char *ours = NULL, *theirs;
	size_t len;
	int rc = file_read(m->a, there, &theirs, &len, NULL);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc == 0)
		rc = file_read(m->a, kept, &ours, &len, NULL);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	theirs = arena_printf(m->a, "%s%s%s", ours ? ours : "", theirs, ours ? ours : "");
	rc = file_replace(m->a, kept, theirs, strlen(theirs), &mine);
	return rc < 0 ? rc : file_remove(there);
}

static int rename_store(const struct move *m, const char *from_store, const char *to_store)
{
	int rc = merge_kept(m, from_store, to_store);

	if (rc == 0)
		rc = last_files_merge(m->a, to_store, from_store);
	if (rc < 0)
		return rc;
	(void)!rmdir(arena_printf(m->a, "%s/history", to_store));
	(void)!rmdir(to_store);
	return file_rename(from_store, to_store);
}

/*
 * Takes what is remembered in from_store along to to_store, which must have no state: every path in it below the
 * directory of `from` is then below that of `to`. If the two stores are the same, only goes on with a move that
 * was cut off.
 * Returns 0, or a negative errno with an error; then the next run can go on.
 */
int store_move(struct arena *a, const char *from_store, const char *to_store, const struct store_place *from,
	       const struct store_place *to, struct diag_list *diags)
{
	const bool renamed = from->file && to->file && !STR_EQ(from->file, to->file);
	const struct move m = {a, diags, from->dir, to->dir, renamed ? from->file : NULL, renamed ? to->file : NULL};
	int lock, rc = store_lock(a, from_store, diags, &lock);

	if (rc < 0)
		return rc;
	if (transaction_pending(a, from_store)) {
		diag_add(diags, SEV_ERROR, from->dir,
			 _("an apply was interrupted here before the stack was moved; nothing was written"))
			->hint = _("move it back, run 'vpsfit recover', then move it again");
		store_unlock(a, from_store, lock);
		return -EAGAIN;
	}
	if (!STR_EQ(from_store, to_store))
		rc = rename_store(&m, from_store, to_store);
	if (rc == 0)
		rc = move_documents(&m, to_store);
	if (rc < 0)
		diag_add(diags, SEV_ERROR, to_store, _("the state cannot be taken along: %s; the stack is as it was"),
			 strerror(-rc))
			->hint = _("fix that, then run again: it goes on");
	store_unlock(a, to_store, lock);
	return rc;
}

/* The newest entry goes first: what is cut off leaves an older state, which the next run ends. */
static int remove_entries(const struct transaction *t)
{
	long entry;
	int rc = 0;

	while (rc == 0 && (entry = state_newest(t->a, t->store, 0)) > 0)
		rc = file_remove_dir(t->a, state_entry_dir(t->a, t->store, entry));
	return rc < 0 ? rc : entry < 0 ? (int)entry : 0;
}

/* Copies of .env are in the history too: all that they have is kept before any of it goes. */
static int keep_secrets(const struct transaction *t)
{
	int rc = 0;

	for (long e = state_newest(t->a, t->store, 0); rc == 0 && e > 0; e = state_newest(t->a, t->store, e))
		rc = secrets_keep_entry(t, e);
	return rc;
}

/*
 * Ends what is remembered of a stack. Its secrets stay in kept.env, and the last copies of its files beside it. Returns
 * 0, or a negative errno with an error.
 */
int store_forget(struct arena *a, const char *store, const struct state *state, const struct apply_request *req,
		 struct diag_list *diags)
{
	const struct transaction t = apply_transaction(a, store, req, diags);
	int lock, rc = store_lock(a, store, diags, &lock);

	if (rc < 0)
		return rc;
	rc = keep_secrets(&t);
	if (rc == 0)
		rc = last_files_keep(a, req->root, store, state);
	if (rc == 0)
		rc = remove_entries(&t);
	if (rc == 0)
		rc = file_remove_dir(a, arena_printf(a, "%s/tx", store));
	if (rc < 0)
		diag_add(diags, SEV_ERROR, store, _("cannot be forgotten: %s; its secrets are where they were"),
			 strerror(-rc))
			->hint = _("fix that, then run again");
	store_unlock(a, store, lock);
	return rc;
}

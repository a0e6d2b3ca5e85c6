/* SPDX-License-Identifier: MIT */
#include "apply/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "changes/env_mode.h"
#include "apply/make_secret.h"
#include "apply/secrets.h"
#include "core/macros.h"
#include "state/state.h"
#include "changes/swap_changes.h"
#include "core/i18n.h"
#include "state/store_lock.h"
#include "swap/unit.h"
#include "compose/env.h"

/* Sets *text to .env with new secrets filled in. Existing secrets are not touched. */
static int fill_secrets(const struct transaction *t, const struct file_change *f, const char **text)
{
	for (size_t i = 0; i < f->secret_count; i++) {
		const struct service_secret *secret = f->secrets[i];
		struct strbuf out = STRBUF_INIT;
		char made[SECRET_TEXT];

		if (secret_make(secret, made) < 0) {
			diag_add(t->diags, SEV_ERROR, f->path, _("no random bytes for secrets; nothing was written"))
				->hint = _("run again");
			return -EIO;
		}
		if (!env_set(*text, secret->key, made, &out)) {
			strbuf_clear(&out);
			diag_add(t->diags, SEV_ERROR, f->path, _("%s cannot be put in; nothing was written"),
				 secret->key)
				->hint = _("the file may end within quotes: fix that, then run again");
			return -EINVAL;
		}
		*text = arena_strdup(t->a, strbuf_text(&out));
		strbuf_clear(&out);
	}
	return 0;
}

static int add_change(struct transaction *t, const struct file_change *f)
{
	struct tx_file *file = f->link ? transaction_add_link(t, f->path) : transaction_add(t, f->path);
	const char *text = f->new_text;
	int rc = file ? 0 : -EBADMSG;

	if (rc == 0 && f->secret_count > 0)
		rc = fill_secrets(t, f, &text);
	if (rc < 0)
		return rc;
	if (f->old_text) {
		const struct file_owner owner = {f->old_st.st_mode & 07777, f->old_st.st_uid, f->old_st.st_gid};

		file->before =
			(struct tx_copy){.present = true, .text = f->old_text, .len = f->old_len, .owner = owner};
		file->seen = f->link ? NULL : &f->old_st;
	}
	if (f->new_text)
		file->after = (struct tx_copy){
			.present = true,
			.text = text,
			.len = f->secret_count > 0 ? strlen(text) : f->new_len,
			.owner = f->old_text ? file->before.owner : (struct file_owner){f->mode, geteuid(), getegid()}};
	if (f->mode_was)
		file->after.owner.mode = ENV_MODE;
	file->before.link = file->before.present && f->link;
	file->after.link = file->after.present && f->link;
	transaction_add_missing_dirs(t, f->path);
	return 0;
}

/* Returns an empty transaction on a stack's store. */
struct transaction apply_transaction(struct arena *a, const char *store, const struct apply_request *req,
				     struct diag_list *diags)
{
	return (struct transaction){.a = a,
				    .root = req->root,
				    .diags = diags,
				    .progress = req->progress,
				    .context = req->context,
				    .store = store,
				    .time = req->time,
				    .swappiness_before = -1,
				    .swappiness_after = -1};
}

/* The change is done and stays. If the secrets cannot be copied to kept.env, the next run tries again. */
static void keep_secrets(const struct transaction *t)
{
	int rc = secrets_keep(t);

	if (rc < 0)
		diag_note(t->diags, "not-done", SEV_WARNING, arena_printf(t->a, "%s/" KEPT_ENV, t->store),
			  _("the secrets could not be kept here as well: %s"), strerror(-rc))
			->hint = _("fix that, then run again: .env is the only place that has them");
}

static int run_locked(struct transaction *t)
{
	int lock, rc = store_lock(t->a, t->store, t->diags, &lock);

	if (rc < 0)
		return rc;
	if (transaction_pending(t->a, t->store)) {
		diag_add(t->diags, SEV_ERROR, t->store,
			 _("an earlier apply was interrupted meanwhile; nothing was written"))
			->hint = _("run again: it is finished first");
		rc = -EAGAIN;
	} else {
		rc = transaction_run(t);
		if (rc == 0)
			keep_secrets(t);
	}
	store_unlock(t->a, t->store, lock);
	return rc;
}

static void add_areas(struct transaction *t, const struct changeset *set)
{
	for (size_t i = 0; i < set->area_count; i++)
		if (swap_is_changed(&set->areas[i]))
			t->areas[t->area_count++] = set->areas[i];
	if (set->swappiness >= 0 && set->swappiness_now >= 0 && set->swappiness != set->swappiness_now) {
		t->swappiness_before = set->swappiness_now;
		t->swappiness_after = set->swappiness;
	}
}

/*
 * status compares the stack's files and vpsfit's own; it skips /etc/fstab, which is shared, and links, which have no
 * bytes.
 */
static bool is_remembered(const struct file_change *f)
{
	return f->new_text && !f->link && !STR_EQ(f->path, FSTAB_PATH);
}

/*
 * Of a stack that is taken up, nobody can tell another text than the package's from an edit: it counts as one, now and
 * later. The compose file's values say themselves which are vpsfit's.
 */
static bool is_unknown(const struct changeset *set, const struct file_change *f, const struct state_file *was)
{
	if (!f->shipped || f->kind == CHANGE_CREATE || STR_EQ(f->new_text, f->shipped))
		return false;
	return was ? was->hash == 0 : set->taken_up && !STR_EQ(f->name, set->layout.file);
}

/*
 * A file that this apply leaves alone is as an earlier one wrote it, or somebody edited it since: that stays known. So
 * does which file of the package it was made from.
 */
static struct state_file remember(const struct changeset *set, const struct file_change *f)
{
	const struct state_file *was = state_file_at(&set->state, f->path);
	const uint64_t shipped = f->shipped ? state_hash(f->shipped, strlen(f->shipped)) : 0;
	const bool whole = f->kind == CHANGE_CREATE || (f->shipped && STR_EQ(f->new_text, f->shipped));
	struct state_file now = {f->path, f->env ? 0 : state_hash(f->new_text, f->new_len), was ? was->shipped : 0};

	if (is_unknown(set, f, was))
		now.hash = 0;
	else if (was && was->hash != 0 && f->kind == CHANGE_NONE)
		now.hash = was->hash;
	if (whole && !f->env)
		now.shipped = shipped;
	return now;
}

/* vfat, CIFS and the like accept a mode and ignore it; warn about what that means. */
static void check_modes(const struct sysroot *r, struct arena *a, const struct changeset *set, struct diag_list *diags)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct file_change *f = &set->files[i];
		struct file_at at;
		struct stat st;

		if (!f->env || f->kind == CHANGE_NONE || (f->old_text && !f->mode_was) ||
		    file_at_find(r, a, f->path, true, &at) < 0 ||
		    fstatat(at.dir, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (st.st_mode & ENV_OTHERS) == 0)
			continue;
		env_open_warning(diags, f->path, st.st_mode & 07777);
	}
}

/*
 * Also keeps what a person has written into .env since. Best effort: the values are in .env, and the next run tries
 * again. A file that this apply changed was kept with its transaction.
 */
static void note_found(struct arena *a, const struct changeset *set, const struct apply_request *req)
{
	const char *store = set->state.store;
	struct diag_list unheard;
	int lock;

	diag_init(&unheard, a);
	for (size_t i = 0; i < set->count; i++) {
		const struct file_change *f = &set->files[i];

		if (!f->env || !f->old_text || f->kind != CHANGE_NONE || !secrets_is_env(f->path) ||
		    secrets_all_kept(a, store, f->old_text) || store_lock(a, store, &unheard, &lock) < 0)
			continue;
		(void)!secrets_note(a, store, f->path, req->time, f->old_text);
		store_unlock(a, store, lock);
	}
	diag_clear(&unheard);
}

/*
 * Nothing is to be written, but the machine or the answers may differ from the last apply: update the newest state in
 * place, atomically, so that the history does not grow and a rollback still undoes the same apply.
 */
static int take_note(struct transaction *t, const struct changeset *set, const struct state_record *rec)
{
	static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};
	char *text, *noted = NULL;
	size_t len;
	int lock, rc = 0;

	if (file_read(t->a, set->state.path, &text, &len, NULL) == 0)
		noted = state_noted(t->a, text, len, rec);
	if (!noted)
		return 0;
	rc = store_lock(t->a, t->store, t->diags, &lock);
	if (rc < 0)
		return rc;
	if (transaction_pending(t->a, t->store) || state_newest(t->a, t->store, 0) != set->state.entry)
		rc = -EAGAIN;
	else
		rc = file_replace(t->a, set->state.path, noted, strlen(noted), &mine);
	if (rc < 0)
		diag_add(t->diags, SEV_ERROR, set->state.path, _("the machine's size could not be recorded: %s"),
			 rc == -EAGAIN ? _("another vpsfit was at work meanwhile") : strerror(-rc))
			->hint = _("run again");
	store_unlock(t->a, t->store, lock);
	return rc;
}

/*
 * Applies the change set and records it as the newest entry of the history. On failure undoes everything and returns a
 * negative errno with errors in diags. If nothing is to change, only updates the state, and only if the machine or the
 * answers differ from it.
 */
int apply_changes(struct arena *a, const struct changeset *set, const struct plan *plan,
		  const struct apply_request *req, struct diag_list *diags)
{
	struct transaction t = apply_transaction(a, set->state.store, req, diags);
	struct state_file files[CHANGE_FILES];
	struct state_record rec = {set->compose ? set->compose : set->dir,
				   set->project,
				   req->time,
				   plan,
				   set->workers_most,
				   req->answers,
				   req->answer_count,
				   set->owned,
				   set->kept,
				   set->written,
				   set->owned_count,
				   files,
				   0,
				   set->areas,
				   set->area_count};
	struct strbuf state = STRBUF_INIT;
	int rc = 0;

	/* A stack without state gets its first entry even if no file is to be written. */
	if (!changeset_pending(set) && set->state.present)
		return take_note(&t, set, &rec);
	for (size_t i = 0; rc == 0 && i < set->count; i++)
		if (set->files[i].kind != CHANGE_NONE)
			rc = add_change(&t, &set->files[i]);
	if (rc < 0)
		return rc;
	add_areas(&t, set);
	t.base = set->dir;
	for (size_t i = 0; i < set->count; i++)
		if (is_remembered(&set->files[i]))
			files[rec.file_count++] = remember(set, &set->files[i]);
	rc = state_render(&rec, &state);
	t.state = arena_strdup(a, strbuf_text(&state));
	strbuf_clear(&state);
	if (rc < 0) {
		diag_add(
			diags, SEV_ERROR, rec.dir,
			_("the record of this apply cannot be written: a name in it is not valid UTF-8; nothing was written"))
			->hint = _("use names in UTF-8 for files, services and profiles");
		return rc;
	}
	rc = run_locked(&t);
	if (req->ret_swap_why)
		*req->ret_swap_why = t.swap_why;
	if (rc == 0) {
		note_found(a, set, req);
		check_modes(req->root, a, set, diags);
	}
	return rc;
}

void apply_note_secrets(struct arena *a, const struct changeset *set, const struct apply_request *req)
{
	if (set->state.present)
		note_found(a, set, req);
}

int apply_recover(struct arena *a, const char *store, const struct apply_request *req, struct diag_list *diags)
{
	struct transaction t = apply_transaction(a, store, req, diags);
	int lock, rc;

	if (!transaction_pending(a, store) && !transaction_dropping(a, store) && !secrets_cut_off(a, store))
		return 0;
	rc = store_lock(a, store, diags, &lock);
	if (rc < 0)
		return rc;
	secrets_tidy_up(a, store);
	rc = transaction_recover(&t);
	if (rc > 0)
		keep_secrets(&t);
	store_unlock(a, store, lock);
	return rc;
}

int apply_recover_all(struct arena *a, const char *host_state_dir, const struct apply_request *req,
		      struct diag_list *diags)
{
	DIR *dir = opendir(host_state_dir);
	const struct dirent *e;
	int count = 0, worst = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(dir))) {
		int rc = state_may_be_store(e->d_name)
				 ? apply_recover(a, arena_printf(a, "%s/%s", host_state_dir, e->d_name), req, diags)
				 : 0;

		count += rc > 0;
		worst = rc < 0 ? rc : worst;
	}
	closedir(dir);
	return worst < 0 ? worst : count;
}

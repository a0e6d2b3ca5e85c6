/* SPDX-License-Identifier: MIT */
#include "apply/transaction.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/secrets.h"
#include "state/state.h"
#include "apply/tx_areas.h"
#include "swap/unit.h"
#include "core/i18n.h"

#define DROPPING "dropping"

static void say(const struct transaction *t, const char *what, const char *path)
{
	if (t->progress)
		t->progress(t->context, arena_printf(t->a, "%s %s", what, path));
}

/* Entries that turn a swap area on at boot, and the directories that are made for them. */
static bool is_of_swap(const char *path)
{
	return swap_is_unit(path) || STR_EQ(path, FSTAB_PATH) || STR_EQ(path, SWAP_UNIT_DIR) ||
	       STR_EQ(path, SWAP_WANTS_DIR) || STR_EQ(path, SWAP_RUNLEVEL_DIR);
}

/* Root may write everywhere but to what is read-only or immutable. */
static const char *hint_for(const char *path, int rc)
{
	if (rc == -ENOLINK || rc == -EMLINK)
		return file_at_hint(rc, NULL);
	if (rc == -EROFS || ((rc == -EPERM || rc == -EACCES) && geteuid() == 0))
		return is_of_swap(path)
			       ? _("it is read-only or immutable (lsattr shows 'i'): fix that, or use --swap none")
			       : _("it is read-only or immutable (lsattr shows 'i'): fix that, or choose "
				   "--dir and --state elsewhere");
	if (rc == -EACCES || rc == -EPERM)
		return _("run as root, or choose --dir and --state where you may write");
	if (rc == -EBUSY)
		return _(
			"it is a mount of its own ('findmnt' shows it), and cannot be replaced: unmount it, then run again");
	return rc == -ENOSPC || rc == -EDQUOT ? _("free some space, then run again") : _("fix that, then run again");
}

static int failed(const struct transaction *t, const char *path, const char *what, int rc)
{
	const char *why = file_at_why(t->root, t->a, rc);

	diag_add(t->diags, SEV_ERROR, path, "%s: %s", what, why)->hint = hint_for(path, rc);
	if (t->failed && !*t->failed && is_of_swap(path))
		*t->failed = arena_printf(t->a, "%s: %s: %s", path, what, why);
	return rc;
}

static const char *tx_dir(const struct transaction *t)
{
	return arena_printf(t->a, "%s/tx", t->store);
}

static bool is_link(const struct tx_file *f)
{
	return f->before.link || f->after.link;
}

/* Does the file on disk match the copy? Returns 1, 0, or a negative errno if it cannot be read. ret_st may be NULL. */
static int holds(const struct transaction *t, const struct tx_file *f, const struct tx_copy *c, struct stat *ret_st)
{
	char *text;
	size_t len;
	int rc = is_link(f) ? file_at_read_link(&f->at, t->a, &text, &len)
			    : file_at_read(&f->at, t->a, &text, &len, ret_st);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return !c->present;
	/* Too large, or no longer a link: somebody else's file. */
	if (rc == -EFBIG || (rc == -EINVAL && is_link(f)))
		return 0;
	return rc < 0 ? rc : c->present && len == c->len && memcmp(text, c->text, len) == 0;
}

/* Last check before a file is replaced: it must still be the one that was shown. */
static int check_unchanged(const struct transaction *t, const struct tx_file *f)
{
	struct stat st;
	int same = holds(t, f, &f->before, &st);

	if (same > 0 && f->seen && f->before.present)
		same = st.st_ino == f->seen->st_ino && st.st_size == f->seen->st_size &&
		       st.st_mtim.tv_sec == f->seen->st_mtim.tv_sec && st.st_mtim.tv_nsec == f->seen->st_mtim.tv_nsec;
	if (same > 0)
		return 0;
	if (same < 0)
		return failed(t, f->path, _("cannot be read again"), same);
	diag_add(t->diags, SEV_ERROR, f->path, _("was changed by somebody else meanwhile"))->hint =
		_("run again to see the new difference");
	return -EAGAIN;
}

static int check_all(const struct transaction *t)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++)
		rc = check_unchanged(t, &t->files[i]);
	return rc;
}

/* Resolves every file into a directory that exists and holds it open, so that it stays the same one to the end. */
static int settle_places(struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct tx_file *f = &t->files[i];
		int rc = file_at_gone(&f->at) ? file_at_find(t->root, t->a, f->path, !is_link(f), &f->at) : 0;

		if (rc == 0)
			rc = file_at_settle(t->root, &f->at);
		if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
			return failed(t, f->path, _("cannot be used"), rc);
	}
	return 0;
}

static int make_dirs(struct transaction *t, const struct tx_dirs *dirs)
{
	for (size_t i = 0; i < dirs->count; i++) {
		struct file_at at;
		int rc = file_at_find(t->root, t->a, dirs->of[i], true, &at);

		if (rc == 0)
			rc = file_at_make_dir(&at, 0755);
		if (rc < 0)
			return failed(t, dirs->of[i], _("the directory cannot be made"), rc);
	}
	return settle_places(t);
}

static int stage(const struct transaction *t, const struct tx_file *f, const struct tx_copy *c)
{
	return c->link ? file_at_stage_link(&f->at, t->a, c->text)
		       : file_at_stage(&f->at, t->a, c->text, c->len, &c->owner, f->seen);
}

static int put(const struct transaction *t, const struct tx_file *f, const struct tx_copy *c)
{
	int rc;

	if (!c->present)
		return file_at_remove(&f->at);
	rc = stage(t, f, c);
	if (rc == 0)
		rc = file_at_commit(&f->at, t->a);
	if (rc < 0)
		file_at_discard(&f->at, t->a);
	return rc;
}

static int stage_all(const struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tx_file *f = &t->files[i];
		int rc = f->after.present ? stage(t, f, &f->after) : 0;

		if (rc < 0)
			return failed(t, f->path, _("cannot be written"), rc);
	}
	return check_all(t);
}

static int place_all(const struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tx_file *f = &t->files[i];
		int rc;

		say(t, !f->after.present ? _("remove") : f->before.present ? _("edit  ") : _("create"), f->path);
		rc = f->after.present ? file_at_commit(&f->at, t->a) : file_at_remove(&f->at);
		if (rc < 0)
			return failed(t, f->path, _("cannot be put in its place"), rc);
	}
	return 0;
}

/* Directories that are not empty by now are left. */
static int remove_dirs(const struct transaction *t, const struct tx_dirs *dirs)
{
	for (size_t i = dirs->count; i-- > 0;) {
		struct file_at at;
		int rc = file_at_find(t->root, t->a, dirs->of[i], false, &at);

		if (rc == 0)
			rc = file_at_remove_dir(&at);
		if (rc < 0 && rc != -ENOENT && rc != -ENOTEMPTY && rc != -EEXIST && rc != -ENOTDIR)
			return failed(t, dirs->of[i], _("the directory cannot be removed"), rc);
	}
	return 0;
}

/*
 * The rename that commits the transaction. Syncing it is best effort: everything before it is synced, so if a power cut
 * loses the rename, recovery finishes the transaction again with the same result.
 */
static int end(const struct transaction *t)
{
	const char *tx = tx_dir(t), *history = arena_printf(t->a, "%s/history", t->store);
	long newest = state_newest(t->a, t->store, 0);
	const char *entry = state_entry_dir(t->a, t->store, t->undoes ? t->undoes : newest + 1);
	int rc = newest < 0  ? (int)newest
		 : t->undoes ? file_rename(entry, arena_printf(t->a, "%s/undone", tx))
			     : file_rename(tx, entry);

	if (rc < 0)
		return failed(t, entry, _("the end of the change cannot be recorded"), rc);
	(void)!file_sync_dir(history);
	(void)!file_sync_dir(t->store);
	return 0;
}

/* Remove the journal first: without it, tx is void. */
static int discard_tx(const struct transaction *t)
{
	const char *tx = tx_dir(t);
	int rc = file_remove(arena_printf(t->a, "%s/journal.json", tx));

	return rc < 0 && rc != -ENOTDIR ? rc : file_remove_dir(t->a, tx);
}

static void prune(const struct transaction *t)
{
	long newest = state_newest(t->a, t->store, 0), old = newest;

	for (int kept = 1; old > 0 && kept <= STATE_KEPT_APPLIES + 1; kept++)
		old = state_newest(t->a, t->store, old);
	/* Keep an entry whose secrets cannot be saved elsewhere. */
	for (; old > 0; old = state_newest(t->a, t->store, old))
		if (secrets_keep_entry(t, old) == 0)
			(void)!file_remove_dir(t->a, state_entry_dir(t->a, t->store, old));
}

/* Restores, in reverse order, every file that still is as the transaction made it; leaves files changed since. */
static int undo_files(struct transaction *t)
{
	int worst = t->undoes ? make_dirs(t, &t->gone) : 0;

	for (size_t i = t->count; i-- > 0;) {
		const struct tx_file *f = &t->files[i];
		int rc = holds(t, f, &f->before, NULL);

		file_at_discard(&f->at, t->a);
		if (rc == 0)
			rc = holds(t, f, &f->after, NULL);
		else if (rc == 1)
			continue;
		if (rc == 1)
			rc = put(t, f, &f->before);
		else if (rc == 0)
			diag_note(t->diags, "not-done", SEV_WARNING, f->path,
				  _("was changed by somebody else meanwhile; it was left as it is"));
		if (rc < 0) {
			worst = rc;
			diag_add(t->diags, SEV_ERROR, f->path, _("could not be put back: %s"),
				 file_at_why(t->root, t->a, rc))
				->hint = _("fix that, then run 'vpsfit recover'");
		}
	}
	if (worst == 0)
		worst = remove_dirs(t, &t->made);
	return worst;
}

/* Turns the old swap on again before anything of the new one is removed; if that fails, the new one stays. */
static int undo(struct transaction *t)
{
	int rc = areas_turn_on(t, false), files = undo_files(t);

	areas_settle(t, false);
	if (rc == 0)
		rc = files;
	if (rc == 0)
		rc = areas_turn_off(t, false);
	if (rc == 0)
		rc = areas_remove(t, false);
	if (rc < 0)
		return rc;
	return discard_tx(t);
}

static int begin(const struct transaction *t, const char *journal)
{
	static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};
	const char *tx = tx_dir(t);
	int rc = file_make_dir(arena_printf(t->a, "%s/history", t->store), 0700);

	if (rc == 0)
		rc = file_make_dir(tx, 0700);
	if (rc == 0 && areas_will_drop(t) && !t->undoes)
		rc = file_replace(t->a, arena_printf(t->a, "%s/" DROPPING, tx), "", 0, &mine);
	if (rc == 0)
		rc = journal_write(t, tx, journal);
	return rc < 0 ? failed(t, t->store, _("the journal cannot be written"), rc) : 0;
}

static int carry_out_all(struct transaction *t)
{
	int rc = make_dirs(t, &t->made);

	if (rc == 0)
		rc = stage_all(t);
	if (rc == 0 && t->area_count > 0) {
		rc = areas_turn_on(t, true);
		if (rc == 0)
			rc = areas_turn_off(t, true);
		/* swapoff may have taken a while: check again. */
		if (rc == 0)
			rc = check_all(t);
	}
	if (rc == 0)
		rc = place_all(t);
	if (rc == 0)
		areas_settle(t, true);
	if (rc == 0)
		rc = remove_dirs(t, &t->gone);
	return rc == 0 ? end(t) : rc;
}

/* A file that only keeps swap beyond the next boot fails as swap does: whoever did not ask for swap goes on without. */
static int carry_out(struct transaction *t)
{
	const char *of_swap = NULL;
	int rc;

	t->failed = &of_swap;
	rc = carry_out_all(t);
	t->failed = NULL;
	if (rc < 0 && of_swap && !t->swap_why)
		t->swap_why = of_swap;
	return rc;
}

/*
 * Removes swap files that were replaced. The change is committed, so a failure is only a warning; the note stays, and
 * the next run tries again.
 */
static int drop_areas(struct transaction *t, const char *note)
{
	size_t errors = t->diags->count;
	int rc = areas_remove(t, true);

	for (size_t i = errors; rc < 0 && i < t->diags->count; i++) {
		t->diags->items[i].severity = SEV_WARNING;
		t->diags->items[i].code = "not-done";
	}
	if (rc < 0)
		diag_note(t->diags, "not-done", SEV_WARNING, NULL,
			  _("a swap file that is not in use any more could not be removed: %s"), strerror(-rc))
			->hint = _("the next run, or 'vpsfit recover', tries again");
	else if (note)
		rc = file_remove(note);
	return rc;
}

static const char *dropping_note(struct arena *a, const char *store)
{
	long newest = state_newest(a, store, 0);

	return newest > 0 ? arena_printf(a, "%s/" DROPPING, state_entry_dir(a, store, newest)) : NULL;
}

bool transaction_dropping(struct arena *a, const char *store)
{
	const char *note = dropping_note(a, store);
	struct stat st;

	return note && lstat(note, &st) == 0;
}

static void tidy_up(struct transaction *t)
{
	if (t->undoes) {
		if (drop_areas(t, NULL) == 0)
			(void)!discard_tx(t);
	} else if (areas_will_drop(t)) {
		(void)!drop_areas(t, dropping_note(t->a, t->store));
	}
	prune(t);
}

/* Defers signals until the change is complete. */
static void hold_signals(sigset_t *before)
{
	sigset_t all;

	sigemptyset(&all);
	for (const int *s = (const int[]){SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, 0}; *s; s++)
		sigaddset(&all, *s);
	sigprocmask(SIG_BLOCK, &all, before);
}

/*
 * Executes the transaction; the caller holds the lock. Returns 0 if everything is done, or a negative errno with errors
 * in diags: then everything was restored, or the errors say what could not be.
 */
int transaction_run(struct transaction *t)
{
	sigset_t before;
	char *journal;
	int rc = journal_check(t);

	if (rc == 0)
		rc = areas_check(t);
	if (rc < 0)
		return rc;
	/* Nothing may be done that the journal cannot record. */
	journal = journal_text(t);
	if (!journal)
		return failed(t, t->store, _("the journal cannot be written"), -EILSEQ);
	hold_signals(&before);
	rc = begin(t, journal);
	if (rc == 0)
		rc = carry_out(t);
	if (rc == 0)
		tidy_up(t);
	else if (undo(t) == 0)
		diag_note(t->diags, "not-done", SEV_INFO, NULL, _("everything was put back as it was"));
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(journal);
	return rc;
}

bool transaction_pending(struct arena *a, const char *store)
{
	struct stat st;

	return lstat(arena_printf(a, "%s/tx", store), &st) == 0;
}

static bool was_ended(const struct transaction *t)
{
	struct stat st;

	return t->undoes && lstat(arena_printf(t->a, "%s/undone", tx_dir(t)), &st) == 0;
}

/* Brings every file that is still in its old state to the new one; leaves files changed since, with a warning. */
static int finish_files(const struct transaction *t)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		const struct tx_file *f = &t->files[i];

		file_at_discard(&f->at, t->a);
		rc = holds(t, f, &f->after, NULL);
		if (rc == 1) {
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = holds(t, f, &f->before, NULL);
		if (rc == 1)
			rc = put(t, f, &f->after);
		else if (rc == 0)
			diag_note(t->diags, "not-done", SEV_WARNING, f->path,
				  _("was changed after the apply was interrupted; it was left as it is"));
	}
	return rc;
}

static int finish(struct transaction *t)
{
	int rc = make_dirs(t, &t->made);

	if (rc == 0)
		rc = areas_turn_on(t, true);
	if (rc == 0)
		rc = areas_turn_off(t, true);
	if (rc == 0)
		rc = finish_files(t);
	if (rc == 0)
		areas_settle(t, true);
	if (rc == 0)
		rc = remove_dirs(t, &t->gone);
	return rc == 0 ? end(t) : rc;
}

/* The last apply is committed, but swap files that it replaced are still there. */
static int finish_dropping(struct transaction *t)
{
	const char *note = dropping_note(t->a, t->store);
	int rc = journal_read(t, arena_strndup(t->a, note, strlen(note) - strlen("/" DROPPING)));

	return rc < 0 ? rc : drop_areas(t, note);
}

int transaction_recover(struct transaction *t)
{
	sigset_t before;
	int rc;

	if (!transaction_pending(t->a, t->store)) {
		if (!transaction_dropping(t->a, t->store))
			return 0;
		rc = finish_dropping(t);
		return rc < 0 ? rc : 1;
	}
	hold_signals(&before);
	rc = journal_read(t, tx_dir(t));
	if (rc == -ENOENT) {
		rc = discard_tx(t);
	} else if (rc == 0 && was_ended(t)) {
		rc = drop_areas(t, NULL);
		if (rc == 0)
			rc = discard_tx(t);
	} else if (rc == 0) {
		rc = finish(t);
		if (rc == 0)
			tidy_up(t);
		else if ((rc = secrets_keep(t)) == 0) /* the stack may have been started with them */
			rc = undo(t);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		failed(t, tx_dir(t), _("the interrupted change can neither be finished nor undone"), rc);
	return rc < 0 ? rc : 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * One transaction over all files that an apply or a rollback changes. It is first written down:
 * - tx/N.before and tx/N.after: copies of each file as it was and as it will be;
 * - tx/state.json: the state that will hold afterwards (apply only);
 * - tx/journal.json: the list of steps, written last. From then on the transaction can be finished or undone.
 *
 * Then every new file is written beside its target and synced, new swap areas are made and turned on, only then old
 * ones are turned off, and every file is renamed into place. One rename commits it: an apply's tx becomes the next
 * entry of the history; a rollback moves the entry that it undoes out of the history. If interrupted before that, the
 * next run (or `vpsfit recover` at boot) finishes it, or undoes it if finishing is impossible.
 *
 * Replaced swap files are removed after the commit, because until then they are the way back. While an apply has any,
 * there is tx/dropping; it moves into the history with the rest and goes when they are gone.
 */
#ifndef VPSFIT_TRANSACTION_H
#define VPSFIT_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "files/at.h"
#include "files/files.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/swap_area.h"
#include "files/sysroot.h"

#define TX_MAX_FILES 34
#define TX_MAX_DIRS 32

/* A file at one time: bytes and owner, or its absence. */
struct tx_copy {
	bool present;
	bool link; /* symbolic link: text is its target */
	const char *text;
	size_t len;
	struct file_owner owner;
};

struct tx_file {
	const char *path;  /* as the machine sees it */
	struct file_at at; /* the path looked up once, and held open */
	struct tx_copy before;
	struct tx_copy after;
	const struct stat *seen; /* stat of `before` when it was read; NULL: compare only the bytes */
};

/* Paths as the machine sees them, outermost first. */
struct tx_dirs {
	const char *of[TX_MAX_DIRS];
	size_t count;
};

/* Called before each step with a description of it; may be NULL. */
typedef void (*tx_progress)(void *context, const char *text);

struct transaction {
	struct arena *a;
	const struct sysroot *root;
	struct diag_list *diags;
	tx_progress progress;
	void *context;
	const char *store; /* the stack's directory of state on this host */
	const char *base;  /* the stack's directory as the machine sees it: files must lie in it */
	long undoes;	   /* rollback: entry of the history to undo; 0: an apply */
	const char *time;
	const char *state; /* contents of state.json; NULL: a rollback */
	struct tx_file files[TX_MAX_FILES];
	size_t count;
	struct tx_dirs made;			/* made before any file, removed again on undo */
	struct tx_dirs gone;			/* rollback: made by the apply, removed after the files */
	struct swap_change areas[SWAP_MAX_OWN]; /* of this host; none unless the root is the running machine */
	size_t area_count;
	int swappiness_before; /* the kernel's current value; -1: leave it alone */
	int swappiness_after;
	const char *swap_why; /* reason, if a swap area, or its entry for the next boot, failed */
	const char **failed;  /* where the first file that failed is noted, "PATH: why"; NULL: nowhere */
};

struct tx_file *transaction_add(struct transaction *t, const char *path);
/* For a path that is, or will be, a symbolic link. */
struct tx_file *transaction_add_link(struct transaction *t, const char *path);
/* Notes the missing directories above path, each once, to be made. */
void transaction_add_missing_dirs(struct transaction *t, const char *path);
int transaction_run(struct transaction *t) must_check;

/* Was a transaction interrupted? */
bool transaction_pending(struct arena *a, const char *store);
/* Was the last apply committed, but not all swap files that it replaced removed? */
bool transaction_dropping(struct arena *a, const char *store);
/*
 * Finishes or undoes an interrupted transaction; the caller holds the lock. Returns 1 if there was one, 0 if not, or a
 * negative errno.
 */
int transaction_recover(struct transaction *t) must_check;

/* journal.c: reads and writes the journal in `dir` (tx, or an entry of the history). */
char *journal_text(const struct transaction *t);
int journal_write(const struct transaction *t, const char *dir, const char *text) must_check;
int journal_read(struct transaction *t, const char *dir) must_check;

/* journal_paths.c: which paths a journal may name. */
int journal_find_base(struct transaction *t, const char *dir) must_check;
int journal_check_file(const struct transaction *t, const struct tx_file *f) must_check;
int journal_check_dir(const struct transaction *t, const char *path) must_check;
int journal_check(const struct transaction *t) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One transaction over every file that an apply or a rollback changes. What is to be done is written down first:
 *
 * - tx/N.before and tx/N.after: copies of each file as it was and as it will be;
 * - tx/state.json: the state that will hold afterwards (an apply only);
 * - tx/journal.json: the list of steps. It is written last; from then on the transaction can be finished or undone.
 *
 * Then every new file is written beside its target and synced; new swap areas are made and turned on, and only then old
 * ones turned off; and every file is renamed into its place. One rename ends it: an apply's tx becomes the next entry
 * of the history, a rollback takes the entry that it undoes out of the history. Cut off anywhere before, the next run
 * (or `vpsfit recover` at boot) finishes it; where that is impossible it is undone.
 *
 * Swap files that were replaced are removed last, after the end: until then they are the way back. While there are any,
 * there is tx/dropping; it goes into the history with the rest, and is removed when they are.
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
#include "core/machine.h"
#include "files/sysroot.h"

#define TX_MAX_FILES 34
#define TX_MAX_DIRS 32
#define TX_MAX_AREAS MACHINE_MAX_CANDIDATES

/* A file at one time: its bytes and whose it is, or that it is not there. */
struct tx_copy {
	bool present;
	bool link; /* a symbolic link: text is where it leads */
	const char *text;
	size_t len;
	struct file_owner owner;
};

struct tx_file {
	const char *path;  /* as the machine sees it */
	struct file_at at; /* where that is: looked for once, and held */
	struct tx_copy before;
	struct tx_copy after;
	const struct stat *seen; /* of `before` when it was read; NULL: only the bytes are compared */
};

/* Directories as the machine sees them, outermost first. */
struct tx_dirs {
	const char *of[TX_MAX_DIRS];
	size_t count;
};

/*
 * A swap area as it was and as it will be; a size of 0: it is not there. None changes its size: a larger one is made
 * under another name. Areas are of the running machine alone, and their paths are those of this host.
 */
struct tx_area {
	const char *path;
	bool device; /* turned on and off, never made or removed */
	int64_t before_mib;
	int64_t after_mib;
	bool before_on;
	bool after_on;
	bool lost; /* found to be somebody else's by now: nothing is done to it any more */
};

/* Called before each step with what is about to be done; may be NULL. */
typedef void (*tx_progress)(void *context, const char *text);

struct transaction {
	struct arena *a;
	const struct sysroot *root;
	struct diag_list *diags;
	tx_progress progress;
	void *context;
	const char *store; /* of the stack, on this host */
	const char *base;  /* the stack's directory, as the machine sees it: what files may lie in */
	long undoes;	   /* rollback: the entry of the history; 0: an apply */
	const char *time;
	const char *state; /* text of state.json; NULL: a rollback */
	struct tx_file files[TX_MAX_FILES];
	size_t count;
	struct tx_dirs made; /* that are not there yet: made before any file, taken away where all is put back */
	struct tx_dirs gone; /* a rollback: that the apply made; they go when all files have */
	struct tx_area areas[TX_MAX_AREAS];
	size_t area_count;
	int swappiness_before; /* of the kernel now; -1: it is left alone */
	int swappiness_after;
	const char *swap_why; /* set where an area was what failed */
};

struct tx_file *transaction_add(struct transaction *t, const char *path);
/* The same for what is, or will be, a symbolic link. */
struct tx_file *transaction_add_link(struct transaction *t, const char *path);
/* Notes the directories above path that are not there, each once: they are made. */
void transaction_add_missing_dirs(struct transaction *t, const char *path);
int transaction_run(struct transaction *t) must_check;

/* Is there one that was cut off? */
bool transaction_pending(struct arena *a, const char *store);
/* Did the last one end before the swap files that it replaced were removed? */
bool transaction_dropping(struct arena *a, const char *store);
/* Finishes or undoes what was cut off; the lock is held. 1 where there was something, 0 where not, negative errno else.
 */
int transaction_recover(struct transaction *t) must_check;

/* journal.c: what is written down, in `dir` (tx, or an entry of the history). */
char *journal_text(const struct transaction *t);
int journal_write(const struct transaction *t, const char *dir, const char *text) must_check;
int journal_read(struct transaction *t, const char *dir) must_check;

/* journal_paths.c: what a journal may name. */
int journal_find_base(struct transaction *t, const char *dir) must_check;
int journal_check_file(const struct transaction *t, const struct tx_file *f) must_check;
int journal_check_dir(const struct transaction *t, const char *path) must_check;
int journal_check(const struct transaction *t) must_check;

#endif

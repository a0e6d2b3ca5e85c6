/* SPDX-License-Identifier: MIT */
/*
 * What vpsfit remembers of a stack, in a directory of its own inside the state directory (mode 0700, because it has
 * copies of .env). A run locks that directory itself.
 * - NAME-HASH/tx/: a transaction in progress (apply/transaction.h);
 * - NAME-HASH/history/000007/: a finished apply: journal, files before and after, state.json;
 * - NAME-HASH/kept.env: every secret of .env, outside of the history (apply/secrets.h).
 *
 * The newest entry of the history is the state. One rename from tx to the history commits an apply.
 */
#ifndef VPSFIT_STATE_H
#define VPSFIT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/plan.h"
#include "compose/owned.h"

struct strbuf;

/* Applies that can be taken back. One more is kept: what it remembers is what holds before the oldest of them. */
#define STATE_KEPT_APPLIES 5

struct state_value {
	const char *key;
	const char *written; /* vpsfit's value as it reads in the file; "": unknown */
	const char *kept;    /* a manual edit to keep; NULL: none */
};

/* A file as the last apply left it. */
struct state_file {
	const char *path;
	uint64_t hash;	  /* 0: not recorded, because the file is meant to be edited (.env) */
	uint64_t shipped; /* of the package's file that it was made from; 0: not known */
};

#define STATE_MAX_FILES 26

struct state {
	bool present;
	bool one_file;	     /* 0.1.0 wrote it, which read only one compose file */
	const char *store;   /* the stack's state directory, on this host */
	long entry;	     /* number in the history; 0: none */
	const char *path;    /* state.json, on this host */
	const char *dir;     /* of the stack, as given */
	const char *project; /* Compose's name for it; NULL: not recorded, or the file has one of its own */
	const char *time;    /* ISO 8601, UTC */
	const char *profile;
	const char *model; /* cost model; FIRST_MODEL if the state is older than that entry */
	int64_t workers;
	int64_t workers_most; /* the most that its files had since a person wrote the count; 0: not recorded */
	int64_t nominal_mib;
	int64_t cpus;
	int64_t usable_mib;	/* RAM that could be used; 0: an older version did not record it */
	int64_t other_swap_mib; /* active swap that is not of this stack; -1: an older version did not record it */
	int64_t system_mib;	/* what the plan took the system for; 0: not recorded */
	struct remembered_answer answers[ANSWER_COUNT]; /* hold until another is given */
	size_t answer_count;
	struct swap_area swaps[SWAP_MAX_OWN]; /* made or turned on by applies to this stack */
	size_t swap_count;
	struct state_value values[2 * MAX_OWNED];
	size_t count;
	struct state_file files[STATE_MAX_FILES];
	size_t file_count;
};

struct state_record {
	const char *dir;
	const char *project;
	const char *time;
	const struct plan *plan;
	int64_t workers_most;
	const struct remembered_answer *answers;
	size_t answer_count;
	const struct owned_value *owned;
	const char *const *kept;    /* per owned value: the manual edit that was kept; NULL: none */
	const char *const *written; /* per owned value: what vpsfit left there; NULL: nothing */
	size_t owned_count;
	const struct state_file *files;
	size_t file_count;
	const struct swap_change *areas;
	size_t area_count;
};

const char *state_store(struct arena *a, const char *host_state_dir, const char *stack);
bool state_may_be_store(const char *name);
bool state_is_in_place(struct arena *a, const struct state *s);
bool state_key_is_of(const char *key, const char *file);
void state_rename(struct arena *a, struct state *s, const char *from, const char *to);
void state_move(struct arena *a, struct state *s, const char *from, const char *to);
char *state_entry_dir(struct arena *a, const char *store, long entry);
/*
 * The newest history entry below `below` (0: no bound). Returns 0 if there is none, -errno if the history cannot be
 * read.
 */
long state_newest(struct arena *a, const char *store, long below);
/* Checks that only root and the caller own and can write the store and `dir` in it (tx, an entry, or NULL). */
int state_trust(struct arena *a, const char *store, const char *dir, struct diag_list *diags) must_check;
int state_load(struct arena *a, const char *store, struct diag_list *diags, struct state *ret) must_check;
int64_t state_swap_besides(const struct machine *m, const struct swap_area *own, size_t count);
int state_load_below(struct arena *a, const char *store, long below, struct diag_list *diags,
		     struct state *ret) must_check;
const struct state_value *state_find(const struct state *s, const char *key);
/* What the state tells of the file at that path; NULL: the last apply left none there. */
const struct state_file *state_file_at(const struct state *s, const char *path);
bool state_has_service(struct arena *a, const struct state *s, const char *service);
/* For detecting changed bytes; not secure against forgery. Never 0. */
uint64_t state_hash(const char *bytes, size_t len);
/* As the state writes it: 16 hexadecimal digits. */
const char *state_hash_text(struct arena *a, const char *bytes, size_t len);
char *state_noted(struct arena *a, const char *text, size_t len, const struct state_record *rec);
int state_render(const struct state_record *rec, struct strbuf *out) must_check;

/* A file that a rollback leaves in place: its name in the stack, and its path. */
struct state_left {
	const char *name, *path;
};

char *state_with_left(struct arena *a, const char *then, const char *undone, const struct state_left *left,
		      size_t count);

#endif

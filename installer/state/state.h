/* SPDX-License-Identifier: MIT */
/*
 * What vpsfit remembers of a stack, in a directory of its own in the state directory (mode 0700, for it holds copies of
 * .env). The run that is at work holds the lock of the directory itself.
 * - NAME-HASH/tx/: a transaction that is under way (apply/transaction.h);
 * - NAME-HASH/history/000007/: a finished apply, with its journal, the files before and after, and state.json;
 * - NAME-HASH/kept.env: every secret of .env, outside of the history (apply/secrets.h).
 *
 * The newest entry of the history is the state. One rename finishes an apply: from tx to the history.
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
#include "core/strbuf.h"
#include "files/sysroot.h"
#include "compose/owned.h"

#define STATE_KEPT_APPLIES 5

struct state_value {
	const char *key;
	const char *written; /* what stood there as the plan wanted it; "": nothing is known of it */
	const char *kept;    /* what stood there by hand and was to be kept; NULL: nothing */
};

/* A file as the last apply left it. */
struct state_file {
	const char *path;
	uint64_t hash; /* 0: not told, for it is meant to be edited (.env) */
};

#define STATE_MAX_FILES 26

struct state {
	bool present;
	bool one_file;	   /* 0.1.0 wrote it, which looked at one compose file alone */
	const char *store; /* the stack's own directory, on this host */
	long entry;	   /* number in the history; 0: none */
	const char *path;  /* of state.json, on this host */
	const char *dir;   /* of the stack, as it was given */
	const char *time;  /* ISO 8601, UTC */
	const char *profile;
	int64_t workers;
	int64_t nominal_mib;
	int64_t cpus;
	struct remembered_answer answers[ANSWER_COUNT]; /* hold until something else is said */
	size_t answer_count;
	struct swap_record swaps[MAX_PLAN_AREAS]; /* what the stack's applies made or turned on */
	size_t swap_count;
	struct state_value values[2 * MAX_OWNED];
	size_t count;
	struct state_file files[STATE_MAX_FILES];
	size_t file_count;
};

struct state_record {
	const char *dir;
	const char *time;
	const struct plan *plan;
	const struct remembered_answer *answers;
	size_t answer_count;
	const struct owned_value *owned;
	const char *const *kept;    /* for each owned value, what was kept by hand in its place; NULL: nothing */
	const char *const *written; /* for each owned value, what vpsfit left there; NULL: nothing */
	size_t owned_count;
	const struct state_file *files;
	size_t file_count;
	const struct plan_area *areas;
	size_t area_count;
};

const char *state_store(struct arena *a, const char *host_state_dir, const char *stack);
bool state_may_be_store(const char *name);
char *state_entry_dir(struct arena *a, const char *store, long entry);
/* The newest entry of a history below `below` (0: of all); 0 where there is none; -errno where the history cannot be
 * read. */
long state_newest(struct arena *a, const char *store, long below);
/* Nobody but root and the caller has, and can write, the store and `dir` in it (tx, an entry; NULL: none). */
int state_trust(struct arena *a, const char *store, const char *dir, struct diag_list *diags) must_check;
int state_load(struct arena *a, const char *store, struct diag_list *diags, struct state *ret) must_check;
const struct state_value *state_find(const struct state *s, const char *key);
bool state_has_service(struct arena *a, const struct state *s, const char *service);
/* Tells whether bytes are the same as before; nothing depends on it being hard to forge. Never 0. */
uint64_t state_hash(const char *bytes, size_t len);
char *state_noted(struct arena *a, const char *text, size_t len, const struct state_record *rec);
int state_render(const struct state_record *rec, struct strbuf *out) must_check;

#endif

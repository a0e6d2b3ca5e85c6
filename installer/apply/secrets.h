/* SPDX-License-Identifier: MIT */
/*
 * The last copy of a secret is never destroyed: STORE/kept.env, outside of the history, holds every value ever written
 * to a stack's .env or found in it, from the first apply on. If a name has several lines, the last is the value that
 * was last in .env; older ones stay above it.
 */
#ifndef VPSFIT_APPLY_SECRETS_H
#define VPSFIT_APPLY_SECRETS_H

#include "apply/transaction.h"
#include "changes/secrets_source.h"
#include "core/arena.h"
#include "files/sysroot.h"

/* For changes/, which must not depend on code that writes. */
extern const struct secrets_source secrets_kept;

bool secrets_is_env(const char *path);
/* Was a run interrupted while writing kept.env? Its leftover is useless; the next run writes the file again. */
bool secrets_cut_off(struct arena *a, const char *store);
void secrets_tidy_up(struct arena *a, const char *store);
/* Does kept.env have every value of this text? Also true if it cannot be read. Reads only. */
bool secrets_all_kept(struct arena *a, const char *store, const char *text);
/*
 * Adds the values of an .env to kept.env; env_path and time (ISO 8601) go into its comments. Returns 0 or -errno. The
 * caller holds the stack's lock.
 */
int secrets_note(struct arena *a, const char *store, const char *env_path, const char *time,
		 const char *text) must_check;
/* secrets_note for every .env of a transaction, before and after. */
int secrets_keep(const struct transaction *t) must_check;
/*
 * secrets_note for a history entry that is about to be deleted: its values are older than those already kept. Returns 0
 * only if every value in it was then found in kept.env.
 */
int secrets_keep_entry(const struct transaction *t, long entry) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * No last copy of a secret is destroyed: STORE/kept.env holds what was ever written to a stack's .env or found in it,
 * outside of the history and from the first apply on. Of several lines with one name the last is what was last in .env;
 * older values stay above it.
 */
#ifndef VPSFIT_APPLY_SECRETS_H
#define VPSFIT_APPLY_SECRETS_H

#include "apply/transaction.h"
#include "changes/secrets_source.h"
#include "core/arena.h"
#include "files/sysroot.h"

/* For a change set, which must not depend on what writes. */
extern const struct secrets_source secrets_kept;

bool secrets_is_env(const char *path);
/* Was a run cut off while it wrote kept.env? What it left is no use: the next run writes it anew. */
bool secrets_cut_off(struct arena *a, const char *store);
void secrets_tidy_up(struct arena *a, const char *store);
/* Does kept.env have every value of this text? Nothing is changed. */
bool secrets_all_kept(struct arena *a, const char *store, const char *text);
/*
 * Adds what a text of .env holds; env_path and time (ISO 8601) are said in kept.env. 0 or -errno. The stack's lock is
 * held.
 */
int secrets_note(struct arena *a, const char *store, const char *env_path, const char *time,
		 const char *text) must_check;
/* The same for every .env of a transaction, as it was and as it is now. */
int secrets_keep(const struct transaction *t) must_check;
/*
 * The same for an entry of the history that is about to go: older values than those that are kept. 0 only where every
 * value in it was then found in kept.env.
 */
int secrets_keep_entry(const struct transaction *t, long entry) must_check;

#endif

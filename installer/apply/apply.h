/* SPDX-License-Identifier: MIT */
/* Applies a change set, or takes the last one back: all of it or nothing. */
#ifndef VPSFIT_APPLY_H
#define VPSFIT_APPLY_H

#include "changes/changeset.h"
#include "apply/transaction.h"

struct apply_request {
	const struct sysroot *root;
	const struct service_set *services; /* for the names of their secrets */
	const char *time;		    /* ISO 8601, UTC; recorded */
	tx_progress progress;
	void *context;
	const struct remembered_answer *answers; /* what this apply leaves for the next */
	size_t answer_count;
	const char **ret_swap_why; /* set to the reason if swap failed, else to NULL; may itself be NULL */
};

struct transaction apply_transaction(struct arena *a, const char *store, const struct apply_request *req,
				     struct diag_list *diags);
int apply_changes(struct arena *a, const struct changeset *set, const struct plan *plan,
		  const struct apply_request *req, struct diag_list *diags) must_check;

/* For an apply with nothing to do: still keeps what a person has written into .env since. */
void apply_note_secrets(struct arena *a, const struct changeset *set, const struct apply_request *req);

/*
 * Finishes or undoes what an earlier run left in a stack's store. Returns 1 if there was something, 0 if not, or a
 * negative errno with errors in diags.
 */
int apply_recover(struct arena *a, const char *store, const struct apply_request *req,
		  struct diag_list *diags) must_check;
/*
 * apply_recover for every stack in the state directory (a path on this host). Returns how many had something to
 * recover, or a negative errno.
 */
int apply_recover_all(struct arena *a, const char *host_state_dir, const struct apply_request *req,
		      struct diag_list *diags) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Makes a change set so, and takes the last one back: all of it, or nothing. */
#ifndef VPSFIT_APPLY_H
#define VPSFIT_APPLY_H

#include "changes/changeset.h"
#include "apply/transaction.h"

struct apply_request {
	const struct sysroot *root;
	const struct service_set *services; /* whose secrets are told of by name */
	const char *time;		    /* ISO 8601, UTC; recorded */
	tx_progress progress;
	void *context;
	const struct remembered_answer *answers; /* what an apply is to leave for the next */
	size_t answer_count;
	const char **ret_swap_why; /* set to what failed where that was swap, else to NULL; may be NULL itself */
};

struct transaction apply_transaction(struct arena *a, const char *store, const struct apply_request *req,
				     struct diag_list *diags);
int apply_changes(struct arena *a, const struct changeset *set, const struct plan *plan,
		  const struct apply_request *req, struct diag_list *diags) must_check;

/* Where an apply has nothing to do: what a person wrote into .env since is kept all the same. */
void apply_note_secrets(struct arena *a, const struct changeset *set, const struct apply_request *req);

/* Finishes or undoes what an earlier run left in a stack's store. 1: something, 0: nothing to do, negative errno:
 * failed. */
int apply_recover(struct arena *a, const char *store, const struct apply_request *req,
		  struct diag_list *diags) must_check;
/* The same for every stack in the state directory (on this host). Returns how many there were, or a negative errno. */
int apply_recover_all(struct arena *a, const char *host_state_dir, const struct apply_request *req,
		      struct diag_list *diags) must_check;

#endif

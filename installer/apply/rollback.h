/* SPDX-License-Identifier: MIT */
/* Restores what was there before the last apply. */
#ifndef VPSFIT_ROLLBACK_H
#define VPSFIT_ROLLBACK_H

#include "apply/apply.h"
#include "state/state.h"

/* A file that does not go back, or not all of it. */
struct rollback_stay {
	const char *path;
	const char *why;
};

struct rollback {
	struct transaction t;
	const char *edited[TX_MAX_FILES]; /* files changed since the apply */
	size_t edited_count;
	const char *kept[SECRETS_SHOWN]; /* keys that leave .env, or the history */
	size_t kept_count;
	const char *kept_in; /* where they are kept, as the machine sees it */
	struct rollback_stay stays[TX_MAX_FILES];
	size_t stay_count;
	struct state_left left[TX_MAX_FILES]; /* files that stay as they are */
	size_t left_count;
	bool nothing;		/* edited files stay, and nothing else would go back */
	const char *edits_dir;	/* of the store; what overwritten files had lies there then */
	const char *edits_path; /* the same as the machine sees it */
	const char *applied;	/* time of the apply that is taken back */
};

/* Reads only. Returns 0, -ENOENT if there is no apply to take back, or another negative errno with errors in diags. */
int rollback_build(struct arena *a, const char *store, const char *store_path, enum edit_policy edits,
		   const struct apply_request *req, struct diag_list *diags, struct rollback *ret) must_check;
int rollback_run(struct rollback *r) must_check;

#endif

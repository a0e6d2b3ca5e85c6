/* SPDX-License-Identifier: MIT */
/* Back to what was there before the last apply. */
#ifndef VPSFIT_ROLLBACK_H
#define VPSFIT_ROLLBACK_H

#include "apply/apply.h"

struct rollback {
	struct transaction t;
	const char *edited[TX_MAX_FILES]; /* files that were changed since the apply */
	size_t edited_count;
	const char *kept[SECRETS_SHOWN]; /* keys that go out of .env, or out of the history */
	size_t kept_count;
	const char *kept_in; /* where they are from then on, as the machine sees it */
	const char *applied; /* when the apply was that is taken back */
};

/* Reads only. 0; -ENOENT where there is no apply to take back; another negative errno with errors in diags. */
int rollback_build(struct arena *a, const char *store, const char *store_path, enum edit_policy edits,
		   const struct apply_request *req, struct diag_list *diags, struct rollback *ret) must_check;
int rollback_run(struct rollback *r) must_check;

#endif

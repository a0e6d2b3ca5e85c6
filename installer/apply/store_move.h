/* SPDX-License-Identifier: MIT */
/* What is remembered of a stack goes with it to another directory, or ends. */
#ifndef VPSFIT_STORE_MOVE_H
#define VPSFIT_STORE_MOVE_H

#include "apply/apply.h"
#include "state/state.h"

/* Where a stack is, as the machine sees it. */
struct store_place {
	const char *dir;
	const char *file; /* the adopted file's name there; NULL: vpsfit's own stack, or the file keeps its name */
};

int store_move(struct arena *a, const char *from_store, const char *to_store, const struct store_place *from,
	       const struct store_place *to, struct diag_list *diags) must_check;
int store_forget(struct arena *a, const char *store, const struct state *state, const struct apply_request *req,
		 struct diag_list *diags) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* What is remembered of a stack goes with it to another directory, or ends. */
#ifndef VPSFIT_STORE_MOVE_H
#define VPSFIT_STORE_MOVE_H

#include "apply/apply.h"
#include "state/state.h"

int store_move(struct arena *a, const char *from_store, const char *to_store, const char *from, const char *to,
	       struct diag_list *diags) must_check;
int store_forget(struct arena *a, const char *store, const struct state *state, const struct apply_request *req,
		 struct diag_list *diags) must_check;

#endif

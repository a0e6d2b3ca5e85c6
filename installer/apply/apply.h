/* Makes a change set so: all of it, or nothing. */
#ifndef VPSFIT_APPLY_H
#define VPSFIT_APPLY_H

#include "apply/changeset.h"

/* Called before each step with what is about to be done; may be NULL. */
typedef void (*apply_progress)(void *context, const char *text);

int apply_changes(struct arena *a, const struct changeset *set, const struct plan *plan, const char *time,
		  apply_progress progress, void *context, struct diag_list *diags) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Machine, plan and rollback as JSON documents, each ending with a newline. */
#ifndef VPSFIT_JSON_H
#define VPSFIT_JSON_H

#include "changes/changeset.h"
#include "core/machine.h"
#include "core/next_steps.h"
#include "core/plan.h"
#include "core/strbuf.h"

struct rollback;

/*
 * Makes jansson allocate with xrealloc, because it mishandles failed allocations (assertions, corrupted memory).
 * on_failure must end the program; it is called if a document cannot be completed.
 */
void json_begin(void (*on_failure)(void));
void machine_json(const struct machine *m, const struct answers *answers, struct strbuf *out);
/* changes is NULL if the stack directory could not be compared. */
/*
 * diags: what was said so far; warnings and notes of it are in the document too. next: what to do after an apply; NULL:
 * nothing was applied.
 */
void plan_json(const struct plan *p, const struct answers *answers, const struct changeset *changes,
	       const struct diag_list *diags, const struct next_steps *next, struct strbuf *out);
void rollback_json(const struct rollback *r, struct strbuf *out);

#endif

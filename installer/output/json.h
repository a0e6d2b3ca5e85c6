/* SPDX-License-Identifier: MIT */
/* Machine and plan as JSON documents (design, section 5), each ending with a newline. */
#ifndef VPSFIT_JSON_H
#define VPSFIT_JSON_H

#include "changes/changeset.h"
#include "apply/rollback.h"
#include "core/machine.h"
#include "core/plan.h"
#include "core/strbuf.h"

/* From here on the JSON library never meets a failed allocation: it would stop at an assertion, or corrupt its memory.
 * on_failure ends the program: it is called where a document cannot be made whole. */
void json_begin(void (*on_failure)(void));
void machine_json(const struct machine *m, const struct answers *answers, struct strbuf *out);
/* changes may be NULL where the stack directory could not be compared. */
void plan_json(const struct plan *p, const struct answers *answers, const struct changeset *changes,
	       struct strbuf *out);
void rollback_json(const struct rollback *r, struct strbuf *out);

#endif

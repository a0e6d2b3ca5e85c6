/* SPDX-License-Identifier: MIT */
#include "apply/transaction.h"
#include "commands/run.h"
#include "commands/plan_steps.h"
#include "core/i18n.h"

enum exit_code command_plan(struct session *s)
{
	enum exit_code code = prepare(s);

	if (s->store && transaction_pending(&s->arena, s->store))
		diag_add(&s->diags, SEV_WARNING, s->store_path,
			 _("an apply was cut off; the plan compares with what it left"))
			->hint = _("'vpsfit recover' finishes it, and so does the next apply");
	if (code != EXIT_DONE)
		return code;
	return answer_on(&s->answers, ANSWER_EXIT_CODE) && changeset_pending(&s->changes) ? EXIT_PENDING : EXIT_DONE;
}

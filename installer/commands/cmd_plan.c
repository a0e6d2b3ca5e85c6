/* SPDX-License-Identifier: MIT */
#include "commands/run.h"
#include "commands/nodes_steps.h"
#include "commands/plan_steps.h"

enum exit_code command_plan(struct session *s)
{
	enum exit_code code;

	if (nodes_are_said(s))
		return nodes_show_plan(s);
	code = prepare(s);
	if (code != EXIT_DONE)
		return code;
	return answer_on(&s->answers, ANSWER_EXIT_CODE) && changeset_to_do(&s->changes) ? EXIT_PENDING : EXIT_DONE;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "changes/take_up.h"
#include "apply/transaction.h"
#include "commands/run.h"
#include "session/command_line.h"
#include "session/next_steps.h"
#include "commands/report.h"
#include "session/rights.h"
#include "output/status_text.h"

static bool show(struct session *s, const struct status *status)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (answer_on(&s->answers, ANSWER_JSON))
		status_json(&s->arena, status, &out);
	else if (!answer_on(&s->answers, ANSWER_QUIET))
		status_text(&s->arena, status, &s->style, &out);
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

/* Shows what was applied and when, and what has changed since in the machine and the files. Changes nothing. */
enum exit_code command_status(struct session *s)
{
	struct status status = {.state = &s->state, .plan = &s->plan};
	struct strbuf look = STRBUF_INIT;
	struct next_steps next;

	int planned = session_plan(s);

	if (planned < 0)
		return planned == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	if (session_refuse_roots(s))
		return EXIT_FAILED;
	if (s->state.present && session_compare(s) == 0)
		status.changes = &s->changes;
	if (status.changes) {
		next_steps_find(s, &next);
		status.next = &next;
	}
	for (size_t i = 0; i < s->state.file_count; i++)
		status.fates[i] = status_of_file(&s->arena, &s->root, &s->plan, &s->state, &s->state.files[i]);
	command_line_there(s, "plan", &look);
	status.look = arena_strdup(&s->arena, strbuf_text(&look));
	strbuf_clear(&look);
	status.stateless = !s->state.present && !s->compose &&
					   take_up_is_callers(&s->arena, &s->root, &s->catalog.services, s->dir)
				   ? s->dir
				   : NULL;
	status.cut_off = transaction_pending(&s->arena, s->store);
	if (!show(s, &status))
		return EXIT_FAILED;
	return answer_on(&s->answers, ANSWER_EXIT_CODE) && status_pending(&status) ? EXIT_PENDING : EXIT_DONE;
}

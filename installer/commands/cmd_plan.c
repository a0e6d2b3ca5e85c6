/* SPDX-License-Identifier: MIT */
#include "commands/run.h"
#include "commands/nodes_steps.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "session/command_line.h"

/*
 * A plan writes nothing: the command that does, for these answers, on a line of its own; where all is written and only
 * what runs has not taken it over, the one that starts it.
 */
static bool show_way(struct session *s)
{
	struct strbuf line = STRBUF_INIT;
	bool written;

	if (!s->changes_known || !changeset_to_do(&s->changes) || answer_on(&s->answers, ANSWER_JSON) ||
	    answer_on(&s->answers, ANSWER_QUIET))
		return true;
	if (changeset_pending(&s->changes)) {
		strbuf_puts(&line, _("\nNothing was written. To write it:\n"));
		strbuf_fill(&line, ' ', 4);
		command_line_render(s, &line);
	} else {
		strbuf_puts(&line, _("\nNothing is to be written. To put into effect what is written:\n"));
		strbuf_fill(&line, ' ', 4);
		command_line_start(s, &line);
	}
	strbuf_putc(&line, '\n');
	written = report_out(&line);
	strbuf_clear(&line);
	return written;
}

enum exit_code command_plan(struct session *s)
{
	enum exit_code code;

	if (nodes_are_said(s))
		return nodes_show_plan(s);
	code = prepare(s);
	if (code == EXIT_DONE && cannot_have_swap(s))
		code = refuse_swap(s);
	if (code != EXIT_DONE)
		return code;
	if (!show_way(s))
		return EXIT_FAILED;
	return answer_on(&s->answers, ANSWER_EXIT_CODE) && changeset_to_do(&s->changes) ? EXIT_PENDING : EXIT_DONE;
}

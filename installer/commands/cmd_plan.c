#include "commands/command.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "output/json.h"
#include "output/plan_text.h"

/* Shows the plan, and the changes where they are known. False where standard output cannot be written. */
bool show_plan(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (s->answers.quiet)
		return true;
	if (s->answers.json) {
		plan_json(&s->plan, s->changes_known ? &s->changes : NULL, &out);
	} else {
		plan_text(&s->plan, &s->style, &out);
		if (s->changes_known) {
			strbuf_putc(&out, '\n');
			changes_text(&s->changes, &s->plan, &s->style, &out);
		}
	}
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

/*
 * A plan is printed even where it ends with 3, and where the stack directory is somebody else's: then the message says
 * what an apply would refuse.
 */
enum exit_code command_plan(struct session *s)
{
	int compared;

	if (session_plan(s) < 0)
		return EXIT_USAGE;
	compared = session_compare(s);
	if (!show_plan(s))
		return EXIT_FAILED;
	if (!plan_fits(&s->plan) && !s->answers.force)
		return EXIT_DOES_NOT_FIT;
	if (compared < 0)
		return EXIT_FAILED;
	if (s->changes.conflicts > 0)
		return EXIT_EDITED;
	return s->answers.exit_code && changeset_pending(&s->changes) ? EXIT_PENDING : EXIT_DONE;
}

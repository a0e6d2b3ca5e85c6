/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands/run.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "core/text.h"
#include "session/request.h"

/* Finishes or undoes interrupted transactions of every stack in the state directory; runs at boot or by hand. */
enum exit_code command_recover(struct session *s)
{
	const char *host;
	struct apply_request req;
	int count;

	if (session_open(s) < 0)
		return EXIT_FAILED;
	host = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	req = session_request(s, show_progress);
	count = apply_recover_all(&s->arena, host, &req, &s->diags);
	if (count < 0)
		return EXIT_FAILED;
	if (answer_on(&s->answers, ANSWER_JSON))
		return report_text(text_aprintf(
			       &s->arena, "{\n  \"schema\": \"vpsfit.recover/1\",\n  \"finished\": %d\n}\n", count))
			       ? EXIT_DONE
			       : EXIT_FAILED;
	show_progress(s, count == 0 ? _("No interrupted apply was found.")
				    : arena_printf(&s->arena,
						   Q_("%d interrupted change: finished.",
						      "%d interrupted changes: finished.", count),
						   count));
	return EXIT_DONE;
}

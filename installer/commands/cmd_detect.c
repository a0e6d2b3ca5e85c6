/* SPDX-License-Identifier: MIT */
#include "commands/run.h"
#include "commands/report.h"
#include "output/json.h"
#include "output/machine_text.h"

enum exit_code command_detect(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (session_detect(s) < 0)
		return EXIT_USAGE;
	if (answer_on(&s->answers, ANSWER_JSON))
		machine_json(&s->machine, &s->answers, &out);
	else
		machine_text(&s->machine, &out);
	written = answer_on(&s->answers, ANSWER_QUIET) || report_out(&out);
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

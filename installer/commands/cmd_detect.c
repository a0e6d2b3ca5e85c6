#include "commands/command.h"
#include "commands/report.h"
#include "output/json.h"
#include "output/machine_text.h"

enum exit_code command_detect(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (session_detect(s) < 0)
		return EXIT_USAGE;
	if (s->answers.json)
		machine_json(&s->machine, &out);
	else
		machine_text(&s->machine, &out);
	written = s->answers.quiet || report_out(&out);
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

/* SPDX-License-Identifier: MIT */
#include "output/answers_text.h"

#include <string.h>

#include "answers/table.h"
#include "core/i18n.h"
#include "output/style.h"

/* Length of the date in an ISO 8601 time. */
#define DAY 10

static void line(const struct answer_row *row, const char *text, const char *since, bool first, size_t column,
		 struct strbuf *out)
{
	const char *label = first ? _("Remembered") : "";

	if (since)
		style_wrapf(out, label, column, _("%s %s, since the apply of %.*s; --%s auto forgets it"), row->name,
			    text, DAY, since, row->name);
	else
		style_wrapf(out, label, column, _("%s %s, since an earlier apply; --%s auto forgets it"), row->name,
			    text, row->name);
}

/* One line for each remembered answer that this run was not given, with how to forget it. */
void answers_text(const struct answers *all, struct arena *a, size_t column, struct strbuf *out)
{
	bool first = true;

	for (int id = 0; id < ANSWER_COUNT; id++) {
		const struct answer *said = &all->of[id];
		const char *text = said->text;

		for (size_t i = 0; id == ANSWER_SERVICE && i < MAX_SERVICES && all->parts[i].part; i++)
			if (all->parts[i].said.origin == ORIGIN_REMEMBERED) {
				said = &all->parts[i].said;
				text = answers_services_text(all, a);
			}
		if (said->origin != ORIGIN_REMEMBERED || !text)
			continue;
		line(&answer_rows[id], text, said->since, first, column, out);
		first = false;
	}
}

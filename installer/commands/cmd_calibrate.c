/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "commands/report.h"
#include "commands/run.h"
#include "output/calibrate_text.h"
#include "session/calibrating.h"
#include "session/own_model.h"
#include "session/rights.h"

static bool show(struct session *s, const struct calibration *c, bool written)
{
	struct calibrate_row *rows = arena_array(&s->arena, c->count + 1, sizeof(*rows));
	const struct calibrate_view v = {rows,
					 c->count,
					 &c->before,
					 &c->after,
					 &c->series,
					 c->freed_mib,
					 c->more_workers,
					 c->days10,
					 &c->fewer,
					 c->fewer_workers,
					 c->changes,
					 written,
					 arena_printf(&s->arena, "%s/" OWN_MODEL_FILE, s->store_path)};
	struct strbuf out = STRBUF_INIT;
	bool ok;

	for (size_t i = 0; i < c->count; i++) {
		const struct calibration_row *r = &c->rows[i];

		rows[i] = (struct calibrate_row){r->of, &r->says, r->used, r->plan_limit_mib,
						 r->used ? c->after.services[r->service].limit_mib : 0};
	}
	if (answer_on(&s->answers, ANSWER_JSON))
		calibrate_json(&v, &out);
	else
		calibrate_text(&s->arena, &v, &out);
	ok = (answer_on(&s->answers, ANSWER_QUIET) && !answer_on(&s->answers, ANSWER_JSON)) || report_out(&out);
	strbuf_clear(&out);
	return ok;
}

/*
 * Reads what the sampler saw, and writes a cost model of this machine into the stack's store. Limits change with the
 * next apply, and only then.
 */
enum exit_code command_calibrate(struct session *s)
{
	struct calibration *c = arena_alloc(&s->arena, sizeof(*c));
	bool dry = answer_on(&s->answers, ANSWER_DRY_RUN);
	int rc = session_plan(s);

	if (rc < 0)
		return rc == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	if (session_refuse_roots(s))
		return EXIT_FAILED;
	rc = session_calibrate(s, answer_on(&s->answers, ANSWER_FORCE), c);
	if (rc == -ENODATA)
		return EXIT_TOO_LITTLE;
	if (rc < 0 || (!dry && session_calibrate_write(s, c) < 0))
		return EXIT_FAILED;
	if (!show(s, c, !dry))
		return EXIT_FAILED;
	return c->changes && answer_on(&s->answers, ANSWER_EXIT_CODE) ? EXIT_PENDING : EXIT_DONE;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "commands/plan_steps.h"
#include "commands/report.h"
#include "commands/run.h"
#include "output/calibrate_text.h"
#include "session/calibrating.h"
#include "session/own_model.h"
#include "session/rights.h"

static const struct probe_view *view_of(struct session *s, const struct probe *p)
{
	struct probe_line *lines = arena_array(&s->arena, p->count + 1, sizeof(*lines));
	struct probe_view *v = arena_alloc(&s->arena, sizeof(*v));

	for (size_t i = 0; i < p->count; i++)
		lines[i] = (struct probe_line){p->rows[i].service, p->rows[i].limit_kib, &p->rows[i].by};
	*v = (struct probe_view){lines, p->count};
	return v;
}

/* With --json only where nothing follows it: else it is a part of the document that does. */
static bool show_probe(struct session *s, const struct probe_view *v, bool alone)
{
	const bool json = answer_on(&s->answers, ANSWER_JSON);
	struct strbuf out = STRBUF_INIT;
	bool ok;

	if (json && alone)
		probe_json(v, &out);
	else if (!json && !alone && !answer_on(&s->answers, ANSWER_QUIET))
		probe_text(v, &out);
	ok = out.len == 0 || report_out(&out);
	strbuf_clear(&out);
	return ok;
}

static bool show(struct session *s, const struct calibration *c, const struct probe_view *probed, bool written)
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
					 arena_printf(&s->arena, "%s/" OWN_MODEL_FILE, s->store_path),
					 probed};
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

/* The true need first, where that was asked for. *ret stays NULL where not. */
static enum exit_code probe(struct session *s, struct probe **ret)
{
	if (!answer_on(&s->answers, ANSWER_PROBE))
		return EXIT_DONE;
	*ret = arena_alloc(&s->arena, sizeof(**ret));
	if (session_probe(s, show_progress, s, *ret) < 0)
		return EXIT_FAILED;
	return show_probe(s, view_of(s, *ret), false) ? EXIT_DONE : EXIT_FAILED;
}

/*
 * Reads what the sampler saw, and writes a cost model of this machine into the stack's store. Limits change with the
 * next apply, and only then. What a probe found is shown also where too little was seen to calibrate.
 */
enum exit_code command_calibrate(struct session *s)
{
	struct calibration *c = arena_alloc(&s->arena, sizeof(*c));
	bool dry = answer_on(&s->answers, ANSWER_DRY_RUN);
	struct probe *probed = NULL;
	int rc = session_plan(s);

	if (rc < 0)
		return rc == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	if (session_refuse_roots(s) || probe(s, &probed) != EXIT_DONE)
		return EXIT_FAILED;
	rc = session_calibrate(s, answer_on(&s->answers, ANSWER_FORCE), probed, c);
	if (rc < 0 && probed && !show_probe(s, view_of(s, probed), true))
		return EXIT_FAILED;
	if (rc == -ENODATA)
		return EXIT_TOO_LITTLE;
	if (rc < 0 || (!dry && session_calibrate_write(s, c) < 0))
		return EXIT_FAILED;
	if (!show(s, c, probed ? view_of(s, probed) : NULL, !dry))
		return EXIT_FAILED;
	return c->changes && answer_on(&s->answers, ANSWER_EXIT_CODE) ? EXIT_PENDING : EXIT_DONE;
}

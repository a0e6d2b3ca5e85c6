/* SPDX-License-Identifier: MIT */
#include <time.h>
#include <unistd.h>

#include "commands/report.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "output/watch_text.h"
#include "session/watching.h"

#define FOLLOW_SECONDS 2

static bool show(struct session *s, const struct watch_view *v)
{
	struct strbuf out = STRBUF_INIT;
	bool json = answer_on(&s->answers, ANSWER_JSON), written;

	if (json)
		watch_json(v, &out);
	else
		watch_text(&s->arena, v, &s->style, &out);
	if (answer_on(&s->answers, ANSWER_QUIET) && !json)
		written = true;
	else
		written = answer_on(&s->answers, ANSWER_FOLLOW) && !json ? report_again(&out) : report_out(&out);
	strbuf_clear(&out);
	return written;
}

/* What the workers hold, for a look at what is: reading it holds each process up for a moment. */
static const struct watch_split *splits_of(struct session *s, const struct watch_sample *sample)
{
	const struct watch_containers *all = &sample->containers;
	struct watch_split *ret = arena_array(&s->arena, all->count + 1, sizeof(*ret));
	struct reading r;

	for (size_t i = 0; i < all->count; i++) {
		reading_start(&r, &s->root);
		if (all->items[i]->is.ours)
			watch_split_look(all->items[i], &r, &ret[i]);
		reading_end(&r);
	}
	return ret;
}

/* Ends when it is interrupted, or when nobody reads any more. */
static bool look_on(struct session *s, const struct watch_places *p)
{
	const int64_t said = answer_number(&s->answers, ANSWER_INTERVAL);
	const struct timespec pause = {said > 0 ? (time_t)said : FOLLOW_SECONDS, 0};
	struct watch_sample sample = {.counted = false};
	bool follow = answer_on(&s->answers, ANSWER_FOLLOW), written;

	do {
		struct watch_view v = {&sample, p, geteuid() == 0, sample.counted, NULL};

		watch_sample_look(&sample, &s->root, p, follow);
		if (!follow)
			v.splits = splits_of(s, &sample);
		written = show(s, &v);
	} while (follow && written && nanosleep(&pause, NULL) == 0);
	watch_sample_clear(&sample);
	return written;
}

static enum exit_code turn(struct session *s)
{
	bool on = answer_on(&s->answers, ANSWER_ENABLE);
	struct strbuf out = STRBUF_INIT;
	bool written;
	int rc = session_plan(s);

	if (rc == 0)
		rc = on ? session_watch_enable(s) : session_watch_disable(s);
	if (rc < 0)
		return EXIT_FAILED;
	if (on)
		style_wrapf(
			&out, "", 0,
			_("The stack in %s is watched from now on (%s). 'vpsfit calibrate' has something to say after a "
			  "day; programs in /etc/vpsfit/alert.d are run when something is wrong."),
			s->dir, session_watch_unit(s));
	else
		style_wrapf(&out, "", 0, _("The stack in %s is not watched any more; what was seen is kept."), s->dir);
	written = answer_on(&s->answers, ANSWER_QUIET) || report_out(&out);
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

/* One look at the running stack, or one after another. Asks no engine; only --enable and --disable change anything. */
enum exit_code command_watch(struct session *s)
{
	struct watch_places *places = arena_alloc(&s->arena, sizeof(*places));

	if (answer_on(&s->answers, ANSWER_ENABLE) && answer_on(&s->answers, ANSWER_DISABLE)) {
		diag_add(&s->diags, SEV_ERROR, NULL, _("--enable and --disable contradict each other"));
		return EXIT_USAGE;
	}
	if (answer_on(&s->answers, ANSWER_ENABLE) || answer_on(&s->answers, ANSWER_DISABLE))
		return turn(s);
	if (session_watch_places(s, places) < 0)
		return EXIT_USAGE;
	return look_on(s, places) ? EXIT_DONE : EXIT_FAILED;
}

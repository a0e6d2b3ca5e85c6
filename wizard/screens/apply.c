/* SPDX-License-Identifier: MIT */
/* Applies, and reports the result. */
#include <string.h>

#include "session/start.h"
#include "commands/plan_steps.h"
#include "core/i18n.h"
#include "wizard/wizard.h"

static void progress(void *context, const char *text)
{
	struct wizard *w = context;

	w->ui->ops->progress(w->ui, _("Writing"), text, w->steps_done++, w->steps);
}

static size_t count_steps(const struct changeset *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->files[i].kind != CHANGE_NONE;
	return n > 0 ? n : 1;
}

static enum step say_failure(struct wizard *w)
{
	struct page p = flow_page(w, _("It failed"), _("Fix what is named here, then go back and write again."));

	blocks_add(&p.intro, BLOCK_TEXT, "",
		   _("The stack could not be written. What was done, and what was put back:"));
	wizard_take_errors(w, &p.body);
	page_button(&p, _("Back"), STEP_BACK);
	page_button(&p, _("Leave"), STEP_LEAVE);
	return flow_show(w, &p);
}

static const char *verb(enum change_kind kind)
{
	return kind == CHANGE_CREATE ? _("Created") : kind == CHANGE_REMOVE ? _("Removed") : _("Edited");
}

static void areas(struct wizard *w, struct blocks *b)
{
	const struct changeset *c = &w->s->changes;

	for (size_t i = 0; i < c->area_count; i++) {
		const struct swap_change *a = &c->areas[i];

		if (swap_is_changed(a))
			blocks_add(b, BLOCK_TEXT, a->after.on ? _("Swap on") : _("Swap off"),
				   wizard_text(w, "%s, %lld MiB", a->path, (long long)swap_change_mib(a)));
	}
}

static enum step say_done(struct wizard *w)
{
	struct page p = flow_page(w, _("Done"),
				  _("The commands, and one that does the same without questions, are printed when the "
				    "wizard ends, so that "
				    "you can copy them."));
	const struct changeset *c = &w->s->changes;

	blocks_add(&p.intro, BLOCK_TEXT, "", _("The stack is written. What to do now:"));
	wizard_next_steps(w, &p.body);
	blocks_add(&p.body, BLOCK_GAP, "", "");
	for (size_t i = 0; i < c->count; i++)
		if (c->files[i].kind != CHANGE_NONE)
			blocks_add(&p.body, BLOCK_TEXT, verb(c->files[i].kind), c->files[i].path);
	areas(w, &p.body);
	wizard_take_errors(w, &p.body);
	if (start_can(w->s))
		page_button(&p, _("Start it now"), STEP_NEXT);
	page_button(&p, _("Finish"), STEP_END);
	wizard_watch_button(w, &p);
	return flow_show(w, &p);
}

bool wants_apply(struct wizard *w)
{
	return changeset_pending(&w->s->changes);
}

/* After writing there is no way back to this screen, and Leave means Finish. */
enum step screen_apply(struct wizard *w)
{
	enum step step;

	w->steps_done = 0;
	w->steps = count_steps(&w->s->changes);
	w->code = apply_prepared(w->s, progress, w);
	if (w->code != EXIT_DONE) {
		step = say_failure(w);
		return step;
	}
	w->written = true;
	w->s->wrote = true;
	if (answer_on(&w->s->answers, ANSWER_START) && start_can(w->s))
		return STEP_NEXT;
	while ((step = say_done(w)) == STEP_STAY)
		wizard_watch(w);
	w->starts = step == STEP_NEXT;
	return step == STEP_LEAVE ? STEP_END : step;
}

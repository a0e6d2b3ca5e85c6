/* SPDX-License-Identifier: MIT */
/* Starts the stack, and tells what to do then. */
#include "core/i18n.h"
#include "session/next_steps.h"
#include "session/start.h"
#include "session/watching.h"
#include "wizard/wizard.h"

/* Steps of the gauge: how many there will be is not known, so it waits before its end. */
#define STEPS 20

static void progress(void *context, const char *text)
{
	struct wizard *w = context;

	w->ui->ops->progress(w->ui, _("Starting"), text, w->steps_done, STEPS);
	if (w->steps_done < STEPS - 1)
		w->steps_done++;
}

/* The steps with their numbers, then the commands of every day. */
void wizard_next_steps(struct wizard *w, struct blocks *b)
{
	struct next_steps next;
	size_t number = 0;

	next_steps_find(w->s, &next);
	for (size_t i = 0; i < next.count; i++) {
		const struct next_step *step = &next.items[i];

		if (step->daily) {
			if (i == 0 || !next.items[i - 1].daily)
				blocks_add(b, BLOCK_GAP, "", "");
			blocks_add(b, BLOCK_TEXT, step->text, step->command);
			continue;
		}
		blocks_add(b, BLOCK_TEXT, wizard_text(w, "%zu.", ++number), step->text);
		if (step->command)
			blocks_add(b, BLOCK_TEXT, "  ", step->command);
	}
}

/* Adds the button that turns the sampler on, where it can be and is not. */
void wizard_watch_button(struct wizard *w, struct page *p)
{
	if (!session_watch_is_offered(w->s))
		return;
	blocks_add(&p->body, BLOCK_GAP, "", "");
	blocks_add(
		&p->body, BLOCK_TEXT, "",
		_("Nothing watches it yet. Watch it turns on a small program that keeps what each container uses and "
		  "warns before memory runs out; a day later 'vpsfit calibrate' makes the limits fit."));
	page_button(p, _("Watch it"), STEP_STAY);
}

/* Turns the sampler on. */
void wizard_watch(struct wizard *w)
{
	if (!wizard_answer(w, ANSWER_WATCH, "on"))
		session_watch_refresh(w->s);
}

bool wants_start(struct wizard *w)
{
	return w->starts || (answer_on(&w->s->answers, ANSWER_START) && start_can(w->s));
}

static enum step say_started(struct wizard *w, bool well)
{
	struct page p = flow_page(w, well ? _("It answers") : _("It does not answer"),
				  _("The commands are printed when the wizard ends, so that you can copy them."));
	blocks_add(&p.intro, BLOCK_TEXT, "",
		   well ? _("The stack is started, and it answers. What to do now:")
			: _("The stack is written, but it does not answer:"));
	wizard_take_errors(w, &p.body);
	wizard_next_steps(w, &p.body);
	page_button(&p, _("Finish"), STEP_END);
	if (well)
		wizard_watch_button(w, &p);
	return flow_show(w, &p);
}

/* There is no way back: it is written. Leave means Finish. */
enum step screen_start(struct wizard *w)
{
	const struct start_progress shown = {progress, w};
	enum step step;
	bool well;

	w->steps_done = 0;
	well = start_stack(w->s, &shown);
	if (!well)
		w->code = EXIT_NO_ANSWER;
	while ((step = say_started(w, well)) == STEP_STAY)
		wizard_watch(w);
	return step == STEP_LEAVE ? STEP_END : step;
}

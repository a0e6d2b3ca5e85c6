/* SPDX-License-Identifier: MIT */
/* Walks through the screens, for any user interface and any table of screens. */
#include <string.h>

#include "core/i18n.h"
#include "wizard/wizard.h"

/* Sets "Step 2 of 6" for a screen. Steps that are never wanted in this run do not count. */
static void set_step(struct wizard *w, const struct screen *table, size_t count, size_t at)
{
	size_t number = 0, all = 0;

	for (size_t i = 0; i < count; i++) {
		if (table[i].step != SCREEN_STEP || (table[i].wanted && !table[i].wanted(w)))
			continue;
		all++;
		number += i <= at;
	}
	w->step_text = table[at].step == SCREEN_NO_STEP || number == 0
			       ? NULL
			       : wizard_text(w, _("Step %zu of %zu"), number, all);
}

enum step flow_run(struct wizard *w, const struct screen *table, size_t count)
{
	size_t i = 0;
	bool forward = true;

	while (i < count) {
		bool wanted = !table[i].wanted || table[i].wanted(w);
		enum step step = forward ? STEP_NEXT : STEP_BACK;

		if (wanted) {
			set_step(w, table, count, i);
			step = table[i].run(w);
		}
		if (step == STEP_STAY)
			continue;
		if (step != STEP_NEXT && step != STEP_BACK)
			return step;
		/* Back from the first wanted screen goes forward again. */
		forward = step == STEP_NEXT || i == 0;
		i = forward ? i + (step == STEP_NEXT) : i - 1;
	}
	return STEP_END;
}

struct page flow_page(struct wizard *w, const char *title, const char *help)
{
	return (struct page){.title = title, .help = help, .context = w};
}

static enum step pop_up(struct wizard *w, struct page *p, const struct page *under)
{
	p->under = under;
	for (;;) {
		switch (w->ui->ops->show(w->ui, p)) {
		case UI_PRESSED:
			return p->buttons[p->pressed].step;
		case UI_ESCAPE:
			return STEP_STAY;
		case UI_HELP:
			break;
		case UI_GONE:
			return STEP_GONE;
		}
	}
}

static enum step explain(struct wizard *w, const struct page *about)
{
	struct page p = flow_page(w, _("Help"), NULL);

	blocks_add(&p.body, BLOCK_TEXT, "", about->help ? about->help : _("There is nothing more to say here."));
	blocks_add(&p.body, BLOCK_GAP, "", "");
	blocks_add(&p.body, BLOCK_TEXT, "",
		   _("Tab goes from one part to the next, the arrow keys go up and down, Enter presses a button, Page "
		     "Up and Page Down "
		     "scroll, Esc asks whether to leave. Nothing is changed before you say so on the review."));
	page_button(&p, _("Close"), STEP_STAY);
	return pop_up(w, &p, about);
}

/* Unknown keys send an escape sequence, which arrives as Esc: so Esc may only ask. */
static enum step ask_to_leave(struct wizard *w, const struct page *under)
{
	struct page p = flow_page(w, _("Leave?"), NULL);

	blocks_add(&p.body, BLOCK_TEXT, "",
		   w->written ? _("The stack is written. The commands to go on with are printed at the end.")
			      : _("Nothing has been changed. What you answered so far is forgotten."));
	page_button(&p, _("Stay"), STEP_STAY);
	page_button(&p, _("Leave"), STEP_LEAVE);
	return pop_up(w, &p, under);
}

enum step flow_show(struct wizard *w, struct page *p)
{
	p->step = w->step_text;
	for (;;) {
		enum step step = STEP_STAY;

		switch (w->ui->ops->show(w->ui, p)) {
		case UI_PRESSED:
			step = p->buttons[p->pressed].step;
			step = step == STEP_LEAVE ? ask_to_leave(w, p) : step;
			if (step == STEP_STAY && p->buttons[p->pressed].step != STEP_LEAVE)
				return step;
			break;
		case UI_HELP:
			step = explain(w, p);
			break;
		case UI_ESCAPE:
			step = ask_to_leave(w, p);
			break;
		case UI_GONE:
			return STEP_GONE;
		}
		if (step != STEP_STAY)
			return step;
	}
}

/* As flow_show, until the page's `changed` finds nothing wrong with any field; the first wrong one has the focus. */
enum step flow_fields(struct wizard *w, struct page *p)
{
	for (;;) {
		enum step step = flow_show(w, p);

		if (step != STEP_NEXT)
			return step;
		for (size_t i = 0; i < p->field_count; i++)
			p->changed(p, i);
		p->focus = page_first_wrong(p);
		if (p->focus == p->field_count)
			return step;
	}
}

enum step flow_tell(struct wizard *w, const char *title, const struct blocks *text)
{
	struct page p = flow_page(w, title, NULL);

	p.body = *text;
	page_button(&p, _("Back"), STEP_BACK);
	return flow_show(w, &p);
}

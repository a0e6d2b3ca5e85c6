/* SPDX-License-Identifier: MIT */
/*
 * Older images in vpsfit's own stack: move them, or leave them. Newer ones migrate their data, so the answer is no by
 * itself.
 */
#include <string.h>

#include "core/i18n.h"
#include "wizard/wizard.h"

enum { CHOICE_LEAVE, CHOICE_MOVE, CHOICES };

bool wants_images(struct wizard *w)
{
	const struct stack_images *stack = &w->s->stack;

	wizard_replan(w);
	for (size_t i = 0; stack->known && stack->own && i < MAX_SERVICES; i++)
		if (stack->was[i].standing == IMAGE_BEHIND)
			return true;
	return false;
}

static void describe(struct wizard *w, struct blocks *b)
{
	for (size_t i = 0; i < w->s->catalog.services.count; i++) {
		const struct stack_image *was = &w->s->stack.was[i];

		if (was->standing == IMAGE_BEHIND)
			blocks_add(b, BLOCK_TEXT, w->s->catalog.services.items[i].name,
				   wizard_text(w, _("%s, today %s"), was->tag, was->row->tag));
	}
	blocks_add(b, BLOCK_GAP, "", "");
	blocks_add(b, BLOCK_TEXT, "",
		   _("Back up the database (pg_dump) and the volume of Open WebUI before you start newer images: they "
		     "migrate their data, and a rollback takes the tags back and not the data."));
}

enum step screen_images(struct wizard *w)
{
	static const char *labels[CHOICES];
	struct page p =
		flow_page(w, _("Older images"),
			  _("A new stack would get newer images than this one runs. vpsfit moves a tag only where "
			    "that is asked for, here or with --images new, and the review shows each of them."));
	struct field *f = page_field(&p, FIELD_LIST, _("Images"));
	enum step step;

	labels[CHOICE_LEAVE] = _("Leave them as they are");
	labels[CHOICE_MOVE] = _("Move them to today's tags");
	f->choices = labels;
	f->choice_count = CHOICES;
	f->chosen = answer_said(&w->s->answers, ANSWER_IMAGES) ? CHOICE_MOVE : CHOICE_LEAVE;
	describe(w, &p.body);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	step = flow_show(w, &p);
	if (p.fields[0].chosen == CHOICE_MOVE)
		(void)wizard_answer(w, ANSWER_IMAGES, "new");
	else
		wizard_forget(w, ANSWER_IMAGES);
	return step;
}

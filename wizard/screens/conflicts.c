/* SPDX-License-Identifier: MIT */
/* Asks about values edited by hand, one by one. */
#include <string.h>

#include "core/i18n.h"
#include "wizard/wizard.h"

struct conflict {
	const struct file_change *file;
	const struct value_change *value;
};

/* Drops earlier decisions, so that every edited value is a conflict again. */
static size_t collect(struct wizard *w, struct conflict out[static MAX_OWNED])
{
	struct changeset *c = &w->s->changes;
	size_t n = 0;

	w->s->decision_count = 0;
	/* Replan first: what the last apply was asked for is recorded again. */
	wizard_replan(w);
	if (session_compare(w->s) < 0)
		return 0;
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->files[i].value_count && n < MAX_OWNED; k++)
			if (c->files[i].values[k].conflict)
				out[n++] = (struct conflict){&c->files[i], &c->files[i].values[k]};
	return n;
}

static enum step ask(struct wizard *w, const struct conflict *c, size_t number, size_t count, bool *keep)
{
	struct page p = flow_page(w, _("Edited by hand"),
				  _("A value that vpsfit wrote was changed in the file since. Kept, it stays as it is "
				    "now and from then on; "
				    "replaced, it gets what this plan wants."));
	const struct value_change *v = c->value;
	const char *choices[] = {v->from[0] ? wizard_text(w, _("Keep %s"), v->from) : _("Leave it out"),
				 wizard_text(w, _("Write %s instead"), v->to)};
	struct field *f;
	enum step step;

	blocks_add(&p.intro, BLOCK_TEXT, "", wizard_text(w, _("%zu of %zu: %s"), number + 1, count, c->file->path));
	blocks_add(&p.intro, BLOCK_TEXT, "",
		   v->from[0] ? wizard_text(w, _("%s was edited by hand: it is %s, the plan wants %s."), v->label,
					    v->from, v->to)
			      : wizard_text(w, _("%s was taken out by hand, the plan wants %s."), v->label, v->to));
	f = page_field(&p, FIELD_LIST, _("Which value should stay?"));
	f->choices = choices;
	f->choice_count = ARRAY_SIZE(choices);
	f->chosen = *keep ? 0 : 1;
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	step = flow_show(w, &p);
	*keep = p.fields[0].chosen == 0;
	return step;
}

bool wants_conflicts(struct wizard *w)
{
	struct conflict conflicts[MAX_OWNED];

	return collect(w, conflicts) > 0;
}

/* Asks about each value, back and forth, then builds the change set again with the decisions. */
enum step screen_conflicts(struct wizard *w)
{
	struct conflict conflicts[MAX_OWNED];
	size_t n = collect(w, conflicts);

	for (size_t i = 0; i < n;) {
		enum step step = ask(w, &conflicts[i], i, n, &w->keep[i]);

		if (step == STEP_BACK && i == 0)
			return STEP_BACK;
		if (step != STEP_NEXT && step != STEP_BACK)
			return step;
		i = step == STEP_NEXT ? i + 1 : i - 1;
	}
	for (size_t i = 0; i < n; i++)
		w->s->decisions[w->s->decision_count++] = (struct edit_decision){conflicts[i].value->key, w->keep[i]};
	return session_compare(w->s) < 0 ? STEP_BACK : STEP_NEXT;
}

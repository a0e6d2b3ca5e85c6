/* SPDX-License-Identifier: MIT */
/* The image of a service that has a smaller one, with a gauge that follows the choice. */
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "wizard/wizard.h"

enum { CHOICE_USUAL, CHOICE_SMALLER, CHOICES };

static const struct service *service(const struct wizard *w)
{
	return &w->s->catalog.services.items[w->s->plan.smaller.service];
}

static enum answer_id answer_of(const struct wizard *w)
{
	return (enum answer_id)service(w)->answer;
}

/* Asked where it decides whether the stack fits into RAM, and where it was asked before. */
bool wants_smaller(struct wizard *w)
{
	const struct plan_smaller *smaller = &w->s->plan.smaller;

	if (w->s->compose || smaller->service == NO_SERVICE || service(w)->answer < 0 || smaller->saves_mib <= 0)
		return false;
	return smaller->chosen || smaller->over || answer_said(&w->s->answers, answer_of(w));
}

static void describe(struct wizard *w, struct page *p)
{
	static const char *const codes[] = {"smaller-image", "does-not-fit", "idle-needs-swap", NULL};
	struct blocks *b = &p->body;

	b->count = 0;
	wizard_gauges(w, &w->s->plan, b);
	blocks_add(b, BLOCK_GAP, "", "");
	if (!w->s->plan.smaller.chosen)
		blocks_add(b, BLOCK_TEXT, service(w)->smaller.variant, _(service(w)->smaller.lacks));
	wizard_warnings(w, &w->s->plan, codes, b);
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;
	const char *variant = p->fields[field].chosen == CHOICE_SMALLER ? service(w)->smaller.variant : "full";

	(void)wizard_answer(w, answer_of(w), variant);
	/* A --force confirmed for one image does not hold for another. */
	if (!w->forced)
		wizard_forget(w, ANSWER_FORCE);
	wizard_replan(w);
	describe(w, p);
}

static void fill(struct wizard *w, struct page *p)
{
	const struct plan_smaller *smaller = &w->s->plan.smaller;
	const char **choices = arena_array(&w->s->arena, CHOICES, sizeof(*choices));
	const char **shorts = arena_array(&w->s->arena, CHOICES, sizeof(*shorts));
	struct field *f = page_field(p, FIELD_LIST, service(w)->name);
	char usual[UNITS_TEXT], less[UNITS_TEXT];

	choices[CHOICE_USUAL] = wizard_text(w, _("full: the stack needs %s"), format_gb(smaller->usual_mib, usual));
	choices[CHOICE_SMALLER] =
		wizard_text(w, _("%s: the stack needs %s, %lld MiB less"), service(w)->smaller.variant,
			    format_gb(smaller->usual_mib - smaller->saves_mib, less), (long long)smaller->saves_mib);
	shorts[CHOICE_USUAL] = "full";
	shorts[CHOICE_SMALLER] = service(w)->smaller.variant;
	f->choices = choices;
	f->shorts = shorts;
	f->choice_count = CHOICES;
	f->chosen = smaller->chosen ? CHOICE_SMALLER : CHOICE_USUAL;
}

enum step screen_smaller(struct wizard *w)
{
	struct page p = flow_page(
		w, _("Open WebUI"),
		_("There are two images of the same release. The full one brings programs for reading documents and for "
		  "models on this machine, which take memory whether they are used or not. The slim one does without. "
		  "A stack that is there keeps its image until another one is asked for here or with --open-webui; chats, "
		  "accounts and settings stay, documents that were uploaded to the full image have to be uploaded again."));

	blocks_add(&p.intro, BLOCK_TEXT, "", _("Which image of Open WebUI do you want?"));
	fill(w, &p);
	p.changed = changed;
	describe(w, &p);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	return flow_show(w, &p);
}

/* SPDX-License-Identifier: MIT */
/* A stack that somebody else wrote: which service plays which part, and what will be fitted. */
#include <string.h>

#include "session/rights.h"
#include "session/stack_view.h"
#include "core/i18n.h"
#include "wizard/wizard.h"

static const char *file_of(struct wizard *w)
{
	return wizard_text(w, "%s/%s", w->s->dir, w->s->compose);
}

static const char *name_of(const struct wizard *w, size_t service)
{
	return w->s->catalog.services.items[service].name;
}

bool wants_services(struct wizard *w)
{
	struct open_choice open;

	for (size_t i = 0; i < MAX_SERVICES; i++)
		if (w->asked_service[i])
			return true;
	wizard_replan(w);
	return w->s->compose && session_open_choice(w->s, &open);
}

static enum step ask(struct wizard *w, const struct open_choice *open, const char **chosen)
{
	struct page p =
		flow_page(w, _("Which service is it?"),
			  _("The services of a compose file are known by their images. Here more than one could "
			    "play the part, and only the one that you choose is fitted."));
	struct field *f = page_field(&p, FIELD_LIST, _("Service"));
	bool may_be_none = w->s->catalog.services.items[open->service].part != PART_WORKERS;
	const char *choices[MAX_CANDIDATES + 1];
	enum step step;

	blocks_add(&p.intro, BLOCK_TEXT, "", file_of(w));
	blocks_add(&p.intro, BLOCK_TEXT, "",
		   wizard_text(w, _("Which of its services is the %s of this stack?"), name_of(w, open->service)));
	memcpy(choices, open->candidates, open->count * sizeof(*choices));
	choices[open->count] = _("none of these");
	f->choices = choices;
	f->choice_count = open->count + may_be_none;
	for (size_t i = 0; *chosen && i < f->choice_count; i++)
		if (STR_EQ(i < open->count ? open->candidates[i] : SERVICE_NONE, *chosen))
			f->chosen = i;
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	step = flow_show(w, &p);
	*chosen = p.fields[0].chosen < open->count ? open->candidates[p.fields[0].chosen] : SERVICE_NONE;
	return step;
}

static void choose(struct wizard *w, size_t part, const char *name)
{
	const struct answer said = {ORIGIN_WIZARD, name, 0, NULL};

	session_choose_service(w->s, part, name ? &said : NULL);
}

/* Asks for each ambiguous part in turn, again for those already asked. */
enum step screen_services(struct wizard *w)
{
	const char *chosen[MAX_SERVICES] = {NULL};
	size_t order[MAX_SERVICES];
	struct open_choice open;
	size_t n = 0;

	for (size_t i = 0; i < MAX_SERVICES; i++)
		if (w->asked_service[i]) {
			chosen[i] = answer_service(&w->s->answers, name_of(w, i));
			choose(w, i, NULL);
		}
	while (wizard_replan(w), session_open_choice(w->s, &open)) {
		enum step step = ask(w, &open, &chosen[open.service]);

		w->asked_service[open.service] = true;
		if (step == STEP_NEXT) {
			choose(w, open.service, chosen[open.service]);
			order[n++] = open.service;
		} else if (step == STEP_BACK && n > 0) {
			choose(w, order[--n], NULL);
		} else {
			for (size_t i = 0; i < MAX_SERVICES; i++)
				if (w->asked_service[i])
					choose(w, i, chosen[i]);
			return step;
		}
	}
	return STEP_NEXT;
}

bool wants_adopted(struct wizard *w)
{
	return w->s->compose != NULL;
}

static void describe(struct wizard *w, struct blocks *b)
{
	blocks_add(b, BLOCK_TEXT, _("File"), file_of(w));
	for (size_t i = 0; i < w->s->catalog.services.count; i++) {
		const char *name = stack_view_service(w->s, i);

		/* Optional services are not looked for in an adopted stack. */
		if (w->s->catalog.services.items[i].optional_from > 0)
			continue;
		blocks_add(b, BLOCK_TEXT, name_of(w, i),
			   name ? wizard_text(w, _("service %s"), name) : _("not in this file"));
	}
	blocks_add(b, BLOCK_GAP, "", "");
	blocks_add(b, BLOCK_TEXT, "",
		   _("Only the worker count, the memory limits and what follows from them are changed in it; comments, "
		     "order and everything else stay as they are. Address, port and keys stay what they are, too."));
}

/* Compares first, so that errors in the file come before anything else. */
static bool is_well(struct wizard *w, struct blocks *errors)
{
	struct session_rights rights;
	int rc = wizard_compare(w, errors);

	session_rights(w->s, &rights);
	if (rights.dir)
		wizard_rights(w, errors);
	return rc == 0 && !rights.dir;
}

enum step screen_adopted(struct wizard *w)
{
	struct page p = flow_page(
		w, _("The gateway"),
		_("The compose file that --compose named is fitted in its place. The review shows every line that "
		  "changes; 'vpsfit rollback' with the same --compose puts it back."));
	struct blocks errors = {.count = 0};

	if (!is_well(w, &errors))
		return flow_tell(w, _("It cannot be changed"), &errors);
	blocks_add(&p.intro, BLOCK_TEXT, "", _("This stack, which somebody else wrote, is fitted to the machine:"));
	describe(w, &p.body);
	/* Remarks that do not prevent going on. */
	for (size_t i = 0; i < errors.count; i++)
		blocks_add(&p.body, BLOCK_TEXT, errors.items[i].label, errors.items[i].text);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	return flow_show(w, &p);
}

/* Swap: what is there, what is advised and why, and what is wanted. */
#include <string.h>

#include "core/i18n.h"
#include "wizard/wizard.h"

enum { CHOICE_ADVISED, CHOICE_NONE, CHOICE_OWN };
enum { FIELD_CHOICE, FIELD_SIZE };

static const char *advised(struct wizard *w)
{
	struct answers asked = w->s->answers;
	struct plan plan;

	asked.swap = SWAP_AUTO;
	if (session_what_if(w->s, &asked, &plan) < 0)
		return _("As advised");
	switch (plan.swap.action) {
	case SWAP_ACT_CREATE:
		return wizard_text(w, _("As advised: a file of %lld MiB at %s"), (long long)plan.swap.size_mib,
				   plan.swap.path);
	case SWAP_ACT_RESIZE:
		return wizard_text(w, _("As advised: make %s %lld MiB large"), plan.swap.path,
				   (long long)plan.swap.size_mib);
	case SWAP_ACT_ACTIVATE:
		return wizard_text(w, _("As advised: the partition %s with %lld MiB"), plan.swap.path,
				   (long long)plan.swap.size_mib);
	case SWAP_ACT_KEEP:
		return _("As advised: what is there is enough");
	case SWAP_ACT_IMPOSSIBLE:
		return _("As advised: none, for it cannot be had here");
	default:
		return _("As advised: none is needed");
	}
}

static void areas(struct wizard *w, const struct machine_swap *s, struct blocks *b)
{
	for (size_t i = 0; i < s->area_count; i++)
		blocks_add(b, BLOCK_TEXT, _("In use"),
			   wizard_text(w, "%s %s, %lld MiB", _(swap_kind_name(s->areas[i].kind)), s->areas[i].path,
				       (long long)s->areas[i].size_mib));
	for (size_t i = 0; i < s->inactive_count; i++)
		blocks_add(b, BLOCK_TEXT, _("Not in use"),
			   wizard_text(w, "%s %s, %lld MiB", _(swap_kind_name(s->inactive[i].kind)),
				       s->inactive[i].path, (long long)s->inactive[i].size_mib));
	if (s->area_count + s->inactive_count == 0)
		blocks_add(b, BLOCK_TEXT, _("In use"), _("none"));
}

static void describe(struct wizard *w, struct page *p)
{
	static const char *const codes[] = {"swap-impossible",
					    "swap-limited-by-disk",
					    "does-not-fit",
					    "idle-needs-swap",
					    "peak-over-ram",
					    "zram",
					    NULL};
	const struct plan *plan = &w->s->plan;

	p->body.count = 0;
	areas(w, &w->s->machine.swap, &p->body);
	blocks_add(&p->body, BLOCK_TEXT, _("Reason"), plan->swap.why);
	wizard_gauges(w, plan, &p->body);
	wizard_warnings(plan, codes, &p->body);
}

static void take_size(struct wizard *w, struct page *p)
{
	struct field *size = &p->fields[FIELD_SIZE];

	w->size_text = size->value;
	/* "auto" and "none" are choices of the list. */
	if (wizard_answer(w, "swap", size->value) || w->given.swap != SWAP_SIZE)
		size->reason = _("a size of at least 64M such as 2G");
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;
	const size_t choice = p->fields[FIELD_CHOICE].chosen;

	(void)field;
	p->fields[FIELD_SIZE].off = choice != CHOICE_OWN;
	p->fields[FIELD_SIZE].reason = NULL;
	if (choice == CHOICE_OWN)
		take_size(w, p);
	else
		(void)wizard_answer(w, "swap", choice == CHOICE_NONE ? "none" : "auto");
	wizard_replan(w);
	if (choice == CHOICE_OWN && !p->fields[FIELD_SIZE].reason && w->s->plan.swap.action == SWAP_ACT_IMPOSSIBLE)
		p->fields[FIELD_SIZE].reason = w->s->plan.swap.why;
	describe(w, p);
}

static void fill(struct wizard *w, struct page *p)
{
	static const size_t of_wish[] = {
		[SWAP_AUTO] = CHOICE_ADVISED, [SWAP_NO] = CHOICE_NONE, [SWAP_SIZE] = CHOICE_OWN};
	const char **choices = arena_array(&w->s->arena, SWAP_CHOICES, sizeof(*choices));
	struct field *f = page_field(p, FIELD_LIST, _("Swap"));

	choices[CHOICE_ADVISED] = advised(w);
	choices[CHOICE_NONE] = _("None");
	choices[CHOICE_OWN] = _("A size of my own");
	f->choices = choices;
	f->choice_count = SWAP_CHOICES;
	f->chosen = of_wish[w->given.swap];
	if (!w->size_text)
		w->size_text = w->given.swap == SWAP_SIZE ? wizard_text(w, "%lldM", (long long)w->given.swap_mib) : "";
	f = page_field(p, FIELD_TEXT, _("Own size"));
	f->value = w->size_text;
	f->off = p->fields[FIELD_CHOICE].chosen != CHOICE_OWN;
}

enum step screen_swap(struct wizard *w)
{
	struct page p = flow_page(
		w, _("Swap"),
		_("Swap is room on the disk for memory that is not in use. It holds what every container together may "
		  "take at its limit, so that the kernel need not end programs. A size is written as 2G or 1536M."));
	enum step step;

	blocks_add(&p.intro, BLOCK_TEXT, "", _("How much swap is there to be?"));
	fill(w, &p);
	p.changed = changed;
	describe(w, &p);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	for (;;) {
		step = flow_show(w, &p);
		if (step != STEP_NEXT || p.fields[FIELD_CHOICE].chosen != CHOICE_OWN)
			return step;
		changed(&p, FIELD_SIZE);
		if (!p.fields[FIELD_SIZE].reason)
			return step;
		p.focus = FIELD_SIZE;
	}
}

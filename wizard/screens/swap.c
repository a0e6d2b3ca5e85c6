/* SPDX-License-Identifier: MIT */
/* Swap: what exists, what is advised and why, and what is wanted. */
#include <string.h>

#include "core/i18n.h"
#include "wizard/wizard.h"

/* From CHOICE_DEVICES on: one choice per partition. */
enum { CHOICE_ADVISED, CHOICE_NONE, CHOICE_OWN, CHOICE_DEVICES };
enum { FIELD_CHOICE, FIELD_SIZE, FIELD_LIMITS };
enum { LIMITS_ON, LIMITS_OFF, LIMITS };

struct devices {
	struct swap_area items[MACHINE_MAX_SWAPS + 1];
	size_t count;
};

static const char *advised(struct wizard *w)
{
	struct answers asked = w->s->answers;
	struct plan plan;

	asked.of[ANSWER_SWAP] = (struct answer){ORIGIN_WIZARD, NULL, 0, NULL};
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
		return wizard_text(w, _("As advised: turn on %s with %lld MiB"), plan.swap.path,
				   (long long)plan.swap.size_mib);
	case SWAP_ACT_KEEP:
		return _("As advised: what is there is enough");
	case SWAP_ACT_IMPOSSIBLE:
		return _("As advised: none, because it is not possible here");
	default:
		return _("As advised: none is needed");
	}
}

/* Lists the partitions to choose from, and last the one named before if it is not among them. */
static void list_devices(struct wizard *w, struct devices *ret)
{
	const struct plan_swap *s = &w->s->plan.swap;

	ret->count = plan_swap_devices(&w->s->machine, ret->items);
	if (!w->named_swap.path && s->mode == SWAP_MODE_DEVICE)
		w->named_swap = s->device;
	for (size_t i = 0; i < ret->count; i++)
		if (w->named_swap.path && STR_EQ(ret->items[i].path, w->named_swap.path))
			return;
	if (w->named_swap.path)
		ret->items[ret->count++] = w->named_swap;
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
	static const char *const codes[] = {
		"swap-impossible",  "swap-limited-by-disk", "swap-left", "swap-partition-missing",
		"does-not-fit",	    "idle-needs-swap",	    "daily-use", "peak-over-ram",
		"peak-beyond-swap", "limits-off",	    "zram",	 NULL};
	const struct plan *plan = &w->s->plan;

	p->body.count = 0;
	/* The field may have no room for its reason. */
	if (p->fields[FIELD_SIZE].reason)
		blocks_add(&p->body, BLOCK_TEXT, "[!]",
			   wizard_text(w, "%s: %s", p->fields[FIELD_SIZE].label, p->fields[FIELD_SIZE].reason));
	areas(w, &w->s->machine.swap, &p->body);
	wizard_swap(w, _("Planned"), &p->body);
	blocks_add(&p->body, BLOCK_TEXT, _("Reason"), plan->swap.why);
	wizard_gauges(w, plan, &p->body);
	wizard_warnings(w, plan, codes, &p->body);
}

static void take_size(struct wizard *w, struct page *p)
{
	struct field *size = &p->fields[FIELD_SIZE];

	w->size_text = size->value;
	/* "auto", "none" and partitions are in the list */
	if (!wizard_answer(w, ANSWER_SWAP, size->value) && answer_swap(&w->s->answers).mode == SWAP_MODE_SIZE)
		return;
	/* What is shown meanwhile is what would be made without an answer. */
	(void)wizard_answer(w, ANSWER_SWAP, "auto");
	size->reason = _("a size of at least 64M such as 2G");
}

static void take_choice(struct wizard *w, size_t choice)
{
	struct devices devices;
	const char *said = choice == CHOICE_NONE ? "none" : "auto";

	list_devices(w, &devices);
	if (choice >= CHOICE_DEVICES && choice - CHOICE_DEVICES < devices.count)
		said = devices.items[choice - CHOICE_DEVICES].path;
	(void)wizard_answer(w, ANSWER_SWAP, said);
}

static void take_limits(struct wizard *w, size_t chosen)
{
	(void)wizard_answer(w, ANSWER_LIMITS, chosen == LIMITS_OFF ? "off" : "on");
	wizard_replan(w);
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;
	const size_t choice = p->fields[FIELD_CHOICE].chosen;

	if (field == FIELD_LIMITS) {
		take_limits(w, p->fields[FIELD_LIMITS].chosen);
		describe(w, p);
		return;
	}
	p->fields[FIELD_SIZE].off = choice != CHOICE_OWN;
	p->fields[FIELD_SIZE].reason = NULL;
	if (choice == CHOICE_OWN)
		take_size(w, p);
	else
		take_choice(w, choice);
	wizard_replan(w);
	if (choice == CHOICE_OWN && !p->fields[FIELD_SIZE].reason && w->s->plan.swap.action == SWAP_ACT_IMPOSSIBLE)
		p->fields[FIELD_SIZE].reason = w->s->plan.swap.why;
	describe(w, p);
}

/* The present choice: from a flag, from this screen, or from the last apply. */
static size_t choice_now(const struct wizard *w, const struct devices *devices)
{
	const struct plan_swap *s = &w->s->plan.swap;

	for (size_t i = 0; s->mode == SWAP_MODE_DEVICE && i < devices->count; i++)
		if (STR_EQ(devices->items[i].path, s->device.path))
			return CHOICE_DEVICES + i;
	return s->mode == SWAP_MODE_NONE ? CHOICE_NONE : s->mode == SWAP_MODE_SIZE ? CHOICE_OWN : CHOICE_ADVISED;
}

static void fill_choices(struct wizard *w, struct field *f)
{
	struct devices devices;
	const char **choices, **shorts;

	list_devices(w, &devices);
	f->choice_count = CHOICE_DEVICES + devices.count;
	choices = arena_array(&w->s->arena, f->choice_count, sizeof(*choices));
	shorts = arena_array(&w->s->arena, f->choice_count, sizeof(*shorts));
	choices[CHOICE_ADVISED] = advised(w);
	shorts[CHOICE_ADVISED] = _("As advised");
	choices[CHOICE_NONE] = shorts[CHOICE_NONE] = _("None, now and later");
	choices[CHOICE_OWN] = shorts[CHOICE_OWN] = _("A size of my own");
	for (size_t i = 0; i < devices.count; i++) {
		const struct swap_area *d = &devices.items[i];

		choices[CHOICE_DEVICES + i] = wizard_text(
			w, d->active ? _("The partition %s of %lld MiB, in use") : _("The partition %s of %lld MiB"),
			d->path, (long long)d->size_mib);
		shorts[CHOICE_DEVICES + i] = wizard_text(w, "%s, %lld MiB", d->path, (long long)d->size_mib);
	}
	f->choices = choices;
	f->shorts = shorts;
	f->chosen = choice_now(w, &devices);
}

static void fill_limits(struct wizard *w, struct field *f)
{
	const char **choices = arena_array(&w->s->arena, LIMITS, sizeof(*choices));

	choices[LIMITS_ON] = _("on");
	choices[LIMITS_OFF] = _("off");
	f->choices = choices;
	f->choice_count = LIMITS;
	f->chosen = w->s->plan.limits_off ? LIMITS_OFF : LIMITS_ON;
}

static void fill(struct wizard *w, struct page *p)
{
	const struct swap_answer now = answer_swap(&w->s->answers);
	struct field *f;

	fill_choices(w, page_field(p, FIELD_LIST, _("Swap")));
	if (!w->size_text)
		w->size_text = now.mode == SWAP_MODE_SIZE ? wizard_text(w, "%lldM", (long long)now.mib) : "";
	f = page_field(p, FIELD_TEXT, _("Own size"));
	f->value = w->size_text;
	f->off = p->fields[FIELD_CHOICE].chosen != CHOICE_OWN;
	fill_limits(w, page_field(p, FIELD_STEP, _("Limits (+/-)")));
}

enum step screen_swap(struct wizard *w)
{
	struct page p = flow_page(
		w, _("Swap"),
		_("Swap is room on the disk for memory that is not in use. It holds what every container together may "
		  "take at its limit, so that the kernel need not end programs. A size is written as 2G or 1536M. A "
		  "partition that is made for swap and lies idle is turned on as it is; nothing else on the disk is "
		  "touched. Memory limits keep one container from taking the memory of all; without them vpsfit takes "
		  "out those that it wrote, and nothing can be said of the peak."));
	enum step step;

	blocks_add(&p.intro, BLOCK_TEXT, "", _("How much swap do you want?"));
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

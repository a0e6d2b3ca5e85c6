/* SPDX-License-Identifier: MIT */
/* The stack does not fit: what would help, and whether to go on. */
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "wizard/wizard.h"

/* Even idle it needs more than the machine's memory. */
bool wants_fit(struct wizard *w)
{
	return w->s->plan.idle >= VERDICT_NEEDS_SWAP;
}

/* It fits only with swap, which was declined. */
bool wants_force(struct wizard *w)
{
	return !plan_fits(&w->s->plan) && !answer_on(&w->s->answers, ANSWER_FORCE);
}

static const char *with_swap(struct wizard *w, const struct plan *p)
{
	const long long mib = p->swap.total_mib;

	if (p->idle == VERDICT_DOES_NOT_FIT)
		return wizard_text(w, _("%lld MiB of swap do not help: even when idle it does not fit"), mib);
	if (p->limits_off)
		return wizard_text(w, _("with %lld MiB of swap it runs, and part of it is in swap when idle"), mib);
	if (p->peak == VERDICT_DOES_NOT_FIT)
		return wizard_text(
			w, _("with %lld MiB of swap it runs, part of it in swap when idle; at peak it does not fit"),
			mib);
	return wizard_text(w, _("with %lld MiB of swap it runs, part of it in swap when idle and more at peak"), mib);
}

static void swap_would_bring(struct wizard *w, struct blocks *b)
{
	struct answers asked = w->s->answers;
	struct plan plan;

	asked.of[ANSWER_SWAP] = (struct answer){ORIGIN_WIZARD, NULL, 0, NULL};
	if (session_what_if(w->s, &asked, &plan) < 0)
		return;
	if (plan.swap.action == SWAP_ACT_IMPOSSIBLE)
		blocks_add(b, BLOCK_TEXT, _("Swap"), wizard_text(w, _("not possible here: %s"), plan.swap.why));
	else
		blocks_add(b, BLOCK_TEXT, _("Swap"), with_swap(w, &plan));
}

enum step screen_fit(struct wizard *w)
{
	static const char *const codes[] = {"no-profile",	  "profile-too-large", "exceeds-target",
					    "lightweight-distro", "does-not-fit",      "idle-needs-swap",
					    "daily-use",	  "ram-gap",	       NULL};
	const struct plan *plan = &w->s->plan;
	struct page p = flow_page(
		w, plan_fits(plan) ? _("Tight: part of it will be in swap") : _("It does not fit into memory"),
		_("What does not fit into memory goes to swap, on the disk, and programs that need it "
		  "wait. If that is more than half as much again as the memory, the machine does little "
		  "but swap. Without enough swap the kernel ends programs. A smaller profile, fewer "
		  "workers, a lighter system or more memory help."));
	enum step step;

	p.short_title = plan_fits(plan) ? _("Tight: needs swap") : NULL;
	wizard_gauges(w, plan, &p.body);
	blocks_add(&p.body, BLOCK_GAP, "", "");
	wizard_warnings(w, plan, codes, &p.body);
	if (!plan->too_small)
		swap_would_bring(w, &p.body);
	if (plan->next_text)
		blocks_add(&p.body, BLOCK_TEXT, _("Next size"), plan->next_text);
	if (plan->remedy)
		blocks_add(&p.body, BLOCK_TEXT, _("To fit"), wizard_without_flags(w, plan->remedy));
	page_button(&p, plan_fits(plan) ? _("Go on") : _("Go on all the same"), STEP_NEXT);
	page_button(&p, _("Choose again"), STEP_BACK);
	page_button(&p, _("Leave"), STEP_LEAVE);
	page_focus_button(&p, plan_fits(plan) ? STEP_NEXT : STEP_BACK);
	step = flow_show(w, &p);
	if (step == STEP_NEXT && !plan_fits(plan)) {
		(void)wizard_answer(w, ANSWER_FORCE, NULL);
		wizard_replan(w);
	}
	return step;
}

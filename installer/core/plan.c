/* SPDX-License-Identifier: MIT */
/* Questions about a plan, and the names in it. */
#include "core/plan.h"

#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_COMFORTABLE] = "comfortable",
		[VERDICT_TIGHT] = "tight",
		[VERDICT_NEEDS_SWAP] = "needs-swap",
		[VERDICT_DOES_NOT_FIT] = "does-not-fit",
	};

	ALL_NAMED(names, VERDICT_COUNT);

	return names[v];
}

const char *verdict_text(enum verdict v)
{
	static const char *const texts[] = {
		[VERDICT_COMFORTABLE] = N_("comfortable"),
		[VERDICT_TIGHT] = N_("tight"),
		[VERDICT_NEEDS_SWAP] = N_("needs swap"),
		[VERDICT_DOES_NOT_FIT] = N_("does not fit"),
	};

	ALL_NAMED(texts, VERDICT_COUNT);

	return _(texts[v]);
}

const char *swap_action_name(enum swap_action a)
{
	static const char *const names[] = {
		[SWAP_ACT_NONE] = N_("none"),	  [SWAP_ACT_CREATE] = N_("create"),
		[SWAP_ACT_RESIZE] = N_("resize"), [SWAP_ACT_ACTIVATE] = N_("activate"),
		[SWAP_ACT_KEEP] = N_("keep"),	  [SWAP_ACT_IMPOSSIBLE] = N_("impossible"),
	};

	ALL_NAMED(names, SWAP_ACT_COUNT);

	return names[a];
}

/* The verdict on a need of need_mib with this much RAM and swap. */
enum verdict plan_verdict(int64_t need_mib, int64_t ram_mib, int64_t swap_mib)
{
	if (need_mib > ram_mib + swap_mib)
		return VERDICT_DOES_NOT_FIT;
	if (need_mib > ram_mib)
		return VERDICT_NEEDS_SWAP;
	return need_mib * 100 > ram_mib * TIGHT_PERCENT ? VERDICT_TIGHT : VERDICT_COMFORTABLE;
}

/* The RAM to compare with a profile's target, in MiB: the size as sold, or a smaller cgroup limit of our own. */
int64_t planning_ram_for_profile(const struct machine *m)
{
	if (m->ram.effective.value < m->ram.usable.value)
		return m->ram.effective.value;
	return max_i64(m->ram.nominal.value, m->ram.effective.value);
}

/* Would the machine do little but move pages between RAM and disk? */
bool plan_thrashes(const struct planning *in, int64_t idle_mib)
{
	return idle_mib * 100 > planning_ram_for_profile(in->machine) * THRASH_PERCENT;
}

/* The verdict on an idle use, by the size of the machine and not by who asks. The swap is that of the plan. */
enum verdict plan_idle_verdict(const struct planning *in, const struct plan *p, int64_t need_mib)
{
	if (p->too_small || plan_thrashes(in, need_mib))
		return VERDICT_DOES_NOT_FIT;
	return plan_verdict(need_mib, p->ram_mib, p->swap.total_mib);
}

enum verdict plan_no_better_than_tight(enum verdict v)
{
	return v == VERDICT_COMFORTABLE ? VERDICT_TIGHT : v;
}

/* Is a limit that stays less than what its service is expected to need? */
static bool below_need(const struct plan *p)
{
	for (size_t s = 0; s < p->set->count; s++)
		if (p->services[s].copies > 0 && p->services[s].limit_stays && p->services[s].limit_mib > 0 &&
		    p->services[s].limit_mib < p->services[s].expected_mib)
			return true;
	return false;
}

/*
 * The idle verdict on a need, with what keeps it from being comfortable whatever the sum: something that nobody counts,
 * a limit that stays and is too small, no room for one worker more.
 */
enum verdict plan_judge_idle(const struct planning *in, const struct plan *p, int64_t need_mib, bool is_the_most)
{
	enum verdict v = plan_idle_verdict(in, p, need_mib);

	return beside_is_incomplete(&p->beside) || below_need(p) || is_the_most ? plan_no_better_than_tight(v) : v;
}

/* Is a limit that stays more than the machine has? */
bool plan_limit_is_beyond(const struct plan *p, size_t service)
{
	const struct plan_service *s = &p->services[service];

	return s->in && s->copies > 0 && s->limit_stays && s->limit_mib > p->ram_mib;
}

bool plan_fits(const struct plan *p)
{
	return p->idle != VERDICT_DOES_NOT_FIT;
}

int64_t plan_idle_mib(const struct plan *p)
{
	return p->totals.total_mib + p->totals.optional_mib + p->beside.expected_mib + p->beside.others_mib +
	       p->totals.set_aside_mib;
}

int64_t plan_peak_mib(const struct plan *p)
{
	return p->totals.peak_mib + p->totals.optional_peak_mib + p->beside.peak_mib + p->beside.others_peak_mib +
	       p->totals.set_aside_peak_mib;
}

int64_t plan_percent(const struct plan *p, int64_t mib)
{
	return p->ram_mib > 0 ? mib * 100 / p->ram_mib : 0;
}

const char *plan_warning_text(const struct plan *p, const char *code)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (STR_EQ(p->warnings[i].code, code))
			return p->warnings[i].text;
	return NULL;
}

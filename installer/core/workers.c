/* SPDX-License-Identifier: MIT */
/* How many workers: as asked for, else the profile's, as many as the cores carry, and as many as fit into RAM. */
#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"

int plan_choose_workers(const struct planning *in, struct plan *p)
{
	static const char asked[] = N_("as asked for by --workers"), as_profile[] = N_("from profile %s"),
			  capped[] = N_("%lld in the profile, at most %d per core");
	int64_t cores = max_i64(1, in->machine->cpus.effective.value);
	int64_t cap = cores * WORKERS_PER_CORE, said = answer_number(in->answers, ANSWER_WORKERS);

	p->carried_workers = max_i64(1, min_i64(p->profile->workers, cap));
	p->workers = said > 0 ? said : p->carried_workers;
	p->automatic_workers = p->workers;
	if (said > 0) {
		p->workers_why = _(asked);
		p->workers_comment = asked;
	} else if (p->workers < p->profile->workers) {
		p->workers_why = arena_printf(in->arena, _(capped), (long long)p->profile->workers, WORKERS_PER_CORE);
		p->workers_comment = arena_printf(in->arena, capped, (long long)p->profile->workers, WORKERS_PER_CORE);
	} else {
		p->workers_why = arena_printf(in->arena, _(as_profile), p->profile->name);
		p->workers_comment = arena_printf(in->arena, as_profile, p->profile->name);
	}
	return 0;
}

/*
 * The count that this very size of machine was given at the last apply, which nobody asked for by a number: what is in
 * use, or another release's figures, must not take a worker away. 0: none. `--workers auto` in this run ends it.
 */
static int64_t applied_workers(const struct planning *in, const struct plan *p)
{
	const struct applied_size *was = &in->applied;
	const enum origin origin = in->answers->of[ANSWER_WORKERS].origin;

	if (!was->profile || !STR_EQ(was->profile, p->profile->name) || origin == ORIGIN_FLAG || origin == ORIGIN_FILE)
		return 0;
	return was->nominal_mib == in->machine->ram.nominal.value && was->cpus == in->machine->cpus.effective.value
		       ? was->workers
		       : 0;
}

/* Says why there are fewer than the profile has. over: one does not fit either. */
static void say_lowered(const struct planning *in, struct plan *p, bool over)
{
	static const char fits[] = N_("lowered from the %lld of profile %s until it fits into RAM"),
			  least[] = N_("lowered from the %lld of profile %s, and one does not fit into RAM either"),
			  hidden[] = N_("counted instead of the %lld of profile %s, for want of RAM: nobody can tell "
					"how many it starts");
	const char *name = p->profile->name;
	long long wanted = p->carried_workers;

	if (needs_count_hidden(in)) {
		p->workers_why = arena_printf(in->arena, _(hidden), wanted, name);
		p->workers_comment = arena_printf(in->arena, hidden, wanted, name);
		return;
	}
	p->workers_why =
		over ? arena_printf(in->arena, _(least), wanted, name) : arena_printf(in->arena, _(fits), wanted, name);
	p->workers_comment =
		over ? arena_printf(in->arena, least, wanted, name) : arena_printf(in->arena, fits, wanted, name);
}

/*
 * Without a count that was asked for, takes workers away until the rest fits into RAM, as far as their number goes.
 * Smaller images come first (variants.c): so more RAM or more cores never give fewer workers.
 */
void plan_lower_workers(const struct planning *in, struct plan *p)
{
	bool over;
	int64_t wanted = p->carried_workers, applied = applied_workers(in, p);

	if (answer_number(in->answers, ANSWER_WORKERS) > 0)
		return;
	while (p->workers > 1 && budget_is_over(in, p))
		p->workers--;
	over = budget_is_over(in, p);
	p->automatic_workers = p->workers;
	p->workers = max_i64(p->workers, min_i64(applied, wanted));
	if (p->workers == wanted)
		return;
	say_lowered(in, p, over);
	plan_choose_variants(in, p);
}

/*
 * Does one worker more than so many, of those of the profile, not fit into RAM? Then there is no room to speak of.
 * saved_mib: what is not there of what would be counted.
 */
bool plan_is_the_most(const struct planning *in, const struct plan *p, int64_t workers, int64_t saved_mib)
{
	return workers < p->carried_workers && budget_idle(in, workers + 1) - saved_mib > p->ram_mib;
}

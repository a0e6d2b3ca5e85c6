/* SPDX-License-Identifier: MIT */
/* The plan's notes about how many workers there are. Each returns NULL if it does not apply. */
#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"

static bool is_asked(const struct planning *in)
{
	return answer_number(in->answers, ANSWER_WORKERS) > 0;
}

const char *advice_workers_capped(const struct planning *in, const struct plan *p)
{
	if (is_asked(in) || p->carried_workers >= p->profile->workers)
		return NULL;
	return arena_printf(in->arena,
			    Q_("%s has %lld workers; %lld core carries %lld",
			       "%s has %lld workers; %lld cores carry %lld", in->machine->cpus.effective.value),
			    p->profile->name, (long long)p->profile->workers,
			    (long long)in->machine->cpus.effective.value, (long long)p->carried_workers);
}

const char *advice_workers_lowered(const struct planning *in, const struct plan *p)
{
	int64_t more = p->workers + 1;

	if (is_asked(in) || p->automatic_workers >= p->carried_workers || p->workers != p->automatic_workers ||
	    needs_count_hidden(in))
		return NULL;
	return arena_printf(
		in->arena,
		Q_("%lld worker and not %lld: with %lld, %lld MiB would be in use when idle, more than the "
		   "%lld MiB of RAM (--workers %lld takes them all the same)",
		   "%lld workers and not %lld: with %lld, %lld MiB would be in use when idle, more than the "
		   "%lld MiB of RAM (--workers %lld takes them all the same)",
		   p->workers),
		(long long)p->workers, (long long)p->carried_workers, (long long)more, (long long)budget_idle(in, more),
		(long long)p->ram_mib, (long long)p->carried_workers);
}

/* Only where the verdict needs a reason. */
const char *advice_no_room_for_more(const struct planning *in, const struct plan *p)
{
	if (p->idle != VERDICT_TIGHT || plan_idle_mib(p) * 100 > p->ram_mib * TIGHT_PERCENT ||
	    !plan_is_the_most(in, p, p->workers, 0))
		return NULL;
	return arena_printf(
		in->arena,
		_("one worker more would need %lld MiB, more than the %lld MiB of RAM: with no room for it, the "
		  "verdict is no better than tight"),
		(long long)budget_idle(in, p->workers + 1), (long long)p->ram_mib);
}

/* Only where auto would give fewer today: more are nobody's loss. */
const char *advice_workers_kept(const struct planning *in, const struct plan *p)
{
	if (is_asked(in) || p->workers <= p->automatic_workers)
		return NULL;
	if (in->held_workers > 0)
		return arena_printf(
			in->arena,
			_("%lld workers start, as the file has it, although idle use does not fit into RAM: "
			  "no more than %lld would"),
			(long long)p->workers, (long long)p->automatic_workers);
	return arena_printf(
		in->arena,
		_("the stack goes on with the %lld workers that it was applied with, although idle use does "
		  "not fit into RAM now; --workers auto would take %lld"),
		(long long)p->workers, (long long)p->automatic_workers);
}

const char *advice_workers_over_cores(const struct planning *in, const struct plan *p)
{
	int64_t cores = max_i64(1, in->machine->cpus.effective.value);

	if (p->workers <= cores * WORKERS_PER_CORE)
		return NULL;
	return arena_printf(in->arena,
			    Q_("%lld workers on %lld core wait for one another more than they work",
			       "%lld workers on %lld cores wait for one another more than they work", cores),
			    (long long)p->workers, (long long)cores);
}

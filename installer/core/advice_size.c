/* SPDX-License-Identifier: MIT */
/* Warnings about the size of the machine: too small for any profile, or for what its profile needs. */
#include "core/planner.h"
#include "core/i18n.h"
#include "core/units.h"
#include "core/vps.h"

/* RAM that the profile SMALL_VPS is made for; the founding analysis warns at exactly this size. */
#define SMALL_PLAN_MIB 2048

static int64_t nominal(const struct planning *in)
{
	return planning_ram_for_profile(in->machine);
}

const char *advice_no_profile(const struct planning *in, const struct plan *p)
{
	const struct profile *smallest;
	char have[UNITS_TEXT], need[UNITS_TEXT];

	if (!p->too_small)
		return NULL;
	smallest = plan_smallest_profile(in);
	return arena_printf(in->arena, _("no profile is recommended for %s of RAM: the smallest, %s, is made for %s"),
			    format_plan_beside(nominal(in), smallest->target_ram_mib, have), smallest->name,
			    format_plan_beside(smallest->target_ram_mib, nominal(in), need));
}

const char *advice_larger_profile(const struct planning *in, const struct plan *p)
{
	char have[UNITS_TEXT], need[UNITS_TEXT];

	if (p->too_small || p->profile->target_ram_mib <= nominal(in))
		return NULL;
	return arena_printf(in->arena, _("%s is made for %s of RAM; this machine counts as %s"), p->profile->name,
			    format_plan_beside(p->profile->target_ram_mib, nominal(in), need),
			    format_plan_beside(nominal(in), p->profile->target_ram_mib, have));
}

const char *advice_does_not_fit(const struct planning *in, const struct plan *p)
{
	int64_t idle = plan_idle_mib(p);

	if (p->idle != VERDICT_DOES_NOT_FIT)
		return NULL;
	if (plan_thrashes(in, idle))
		return arena_printf(in->arena,
				    _("idle use of %lld MiB is more than one and a half times the RAM (%lld MiB): the "
				      "machine would be busy with swapping alone, however much swap it has"),
				    (long long)idle, (long long)nominal(in));
	if (idle > p->ram_mib + p->swap.total_mib)
		return arena_printf(in->arena, _("idle use of %lld MiB exceeds %lld MiB of RAM and %lld MiB of swap"),
				    (long long)idle, (long long)p->ram_mib, (long long)p->swap.total_mib);
	return NULL;
}

const char *advice_idle_needs_swap(const struct planning *in, const struct plan *p)
{
	if (p->idle != VERDICT_NEEDS_SWAP)
		return NULL;
	return arena_printf(in->arena,
			    _("even when idle, about %lld MiB will be in swap: whatever needs them waits for the disk"),
			    (long long)(plan_idle_mib(p) - p->ram_mib));
}

/* One sentence that a person can act on, where RAM alone does not do: always, or on 2 GB when all are busy. */
const char *advice_daily_use(const struct planning *in, const struct plan *p)
{
	bool busy =
		p->idle == VERDICT_TIGHT && p->peak >= VERDICT_NEEDS_SWAP && nominal(in) <= SMALL_PLAN_MIB && p->people;
	char size[UNITS_TEXT];

	if (p->idle != VERDICT_NEEDS_SWAP && !busy)
		return NULL;
	format_plan(max_i64(vps_roomy(plan_idle_mib(p)), p->next ? p->next->target_ram_mib : 0), size);
	if (busy)
		return arena_printf(
			in->arena, _("enough for %s people who do not all ask at the same time; for daily use rent %s"),
			p->people, size);
	return arena_printf(in->arena,
			    p->workers > 1
				    ? _("fine for trying it out alone; for daily use rent %s, or take fewer workers")
				    : _("fine for trying it out alone; for daily use rent %s"),
			    size);
}

/* A need in tenths of a GB, as format_gb rounds it: 2836 MiB is 28. (RAM as sold counts by 1024: 2048 MiB is 20.) */
static int64_t tenths_of_need(int64_t mib)
{
	return (mib + 50) / 100;
}

/* By how many per cent of the profile's RAM a need exceeds it, in the rounded figures that people read. */
static int64_t percent_over(const struct plan *p, int64_t mib)
{
	int64_t target_tenths = p->profile->target_ram_mib * 10 / 1024;

	return (tenths_of_need(mib) - target_tenths) * 100 / max_i64(1, target_tenths);
}

static bool exceeds(const struct planning *in, const struct plan *p, int64_t mib)
{
	return mib > p->profile->target_ram_mib && mib > nominal(in);
}

const char *advice_exceeds_target(const struct planning *in, const struct plan *p)
{
	char need[UNITS_TEXT], sold[UNITS_TEXT];
	int64_t idle = plan_idle_mib(p);

	if (!exceeds(in, p, idle))
		return NULL;
	return arena_printf(in->arena,
			    Q_("%s with %lld worker needs about %s (%lld MiB), which exceeds %s by about %lld %%",
			       "%s with %lld workers needs about %s (%lld MiB), which exceeds %s by about %lld %%",
			       p->workers),
			    p->profile->name, (long long)p->workers, format_gb(idle, need), (long long)idle,
			    format_plan(p->profile->target_ram_mib, sold), (long long)percent_over(p, idle));
}

const char *advice_exceeds_target_peak(const struct planning *in, const struct plan *p)
{
	char need[UNITS_TEXT], sold[UNITS_TEXT];
	int64_t peak = plan_peak_mib(p);

	if (nominal(in) > SMALL_PLAN_MIB || !exceeds(in, p, peak))
		return NULL;
	return arena_printf(
		in->arena,
		_("with every container at its limit %s would need about %s (%lld MiB), which exceeds %s by about %lld %%"),
		p->profile->name, format_gb(peak, need), (long long)peak, format_plan(p->profile->target_ram_mib, sold),
		(long long)percent_over(p, peak));
}

const char *advice_lightweight(const struct planning *in, const struct plan *p)
{
	int64_t saved = p->totals.system_mib - in->model->system_mib[DISTRO_LIGHTWEIGHT];
	int64_t idle = plan_idle_mib(p) - saved, peak = plan_peak_mib(p) - saved;
	bool wanted =
		p->idle != VERDICT_COMFORTABLE || exceeds(in, p, plan_idle_mib(p)) || exceeds(in, p, plan_peak_mib(p));
	char idle_text[UNITS_TEXT], peak_text[UNITS_TEXT];

	if (in->machine->distro.class == DISTRO_LIGHTWEIGHT || nominal(in) > SMALL_PLAN_MIB || saved <= 0 || !wanted)
		return NULL;
	if (p->limits_off)
		return arena_printf(
			in->arena,
			_("a lightweight distribution (Alpine, Debian minimal, Ubuntu Server minimal) would "
			  "bring the total to about %s (%lld MiB)"),
			format_gb(idle, idle_text), (long long)idle);
	return arena_printf(
		in->arena,
		_("a lightweight distribution (Alpine, Debian minimal, Ubuntu Server minimal) would bring "
		  "the total to about %s (%lld MiB), and to %s (%lld MiB) with every container at its limit"),
		format_gb(idle, idle_text), (long long)idle, format_gb(peak, peak_text), (long long)peak);
}

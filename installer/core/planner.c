/* SPDX-License-Identifier: MIT */
/* The planner's main line. Pure: no clock, no random numbers, no environment; the same input gives the same plan. */
#include "core/planner.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/swap_device.h"
#include "core/units.h"
#include "core/vps.h"

void machine_what_if(struct machine *m, struct arena *a, const struct answers *answers)
{
	int64_t ram = answer_number(answers, ANSWER_RAM), cpus = answer_number(answers, ANSWER_CPUS);

	if (ram > 0) {
		const char *why = arena_printf(a, _("as a VPS of %lld MiB shows it"), (long long)ram);

		m->ram.nominal = fact_exact(ram, "--ram");
		m->ram.usable = fact_assumed(vps_usable(ram), "--ram", why);
		m->ram.effective = m->ram.usable;
		m->ram.gap = RAM_GAP_NONE;
		m->ram.gap_mib = 0;
		m->ram.gap_text = NULL;
	}
	if (cpus > 0)
		m->cpus.effective = fact_exact(cpus, "--cpus");
}

static void assume(struct plan *p, struct arena *a, const char *what, const struct fact *f)
{
	if (f->confidence != FACT_ASSUMED || p->assumption_count == MAX_PLAN_ASSUMPTIONS)
		return;
	p->assumptions[p->assumption_count++] =
		arena_printf(a, _("%s: assuming %lld (%s)"), what, (long long)f->value, f->why ? f->why : f->source);
}

static void assume_text(struct plan *p, const char *text)
{
	if (p->assumption_count < MAX_PLAN_ASSUMPTIONS)
		p->assumptions[p->assumption_count++] = text;
}

/* Lists what the plan had to assume: a missing fact is never replaced silently. */
static void plan_assumptions(const struct planning *in, struct plan *p)
{
	const struct machine *m = in->machine;

	assume(p, in->arena, _("nominal RAM in MiB"), &m->ram.nominal);
	assume(p, in->arena, _("usable RAM in MiB"), &m->ram.usable);
	if (m->ram.effective.value != m->ram.usable.value)
		assume(p, in->arena, _("effective RAM in MiB"), &m->ram.effective);
	assume(p, in->arena, _("cores"), &m->cpus.effective);
	if (m->ram.in_use.confidence == FACT_UNKNOWN)
		assume_text(p, _("memory in use now: unknown, assuming the figure for this class of distribution"));
	if (m->ram.containers.confidence == FACT_UNKNOWN)
		assume_text(
			p, arena_printf(
				   in->arena,
				   _("containers that run now: unknown (%s; %s), what they use counts as the system's"),
				   m->ram.containers.source, m->ram.containers.why));
	if (m->distro.confidence == FACT_ASSUMED || m->distro.confidence == FACT_UNKNOWN)
		assume_text(p, arena_printf(in->arena, _("distribution: unknown footprint, assuming %s"),
					    _(distro_class_name(m->distro.class))));
	if (m->swap_disk.free.confidence == FACT_UNKNOWN)
		assume_text(p, _("free disk space: unknown, assuming there is room for images and swap"));
}

/*
 * The swap that a container at its limit may use. Docker lets one that has mem_limit and no memswap_limit use as much
 * swap again ("Runtime options with Memory", --memory-swap).
 */
static int64_t swap_beside(const struct planning *in, const struct plan *p, size_t s)
{
	const struct plan_service *is = &p->services[s];
	bool none = in->standing && in->standing[s].memswap.stays && in->standing[s].memswap.mib == 0;

	return none ? is->limit_mib : max_i64(0, is->memswap_mib - is->limit_mib);
}

/* Is there a limit that stays and that its service cannot reach, neither in RAM nor with the swap that it may use? */
static bool any_is_beyond(const struct planning *in, const struct plan *p)
{
	for (size_t s = 0; s < p->set->count; s++)
		if (plan_limit_is_beyond(p, s) && p->services[s].limit_mib - p->ram_mib > swap_beside(in, p, s))
			return true;
	return false;
}

/* Planned services from which somebody took the limit. */
static size_t unlimited_parts(const struct plan *p)
{
	size_t n = 0;

	for (size_t s = 0; s < p->set->count; s++)
		n += p->services[s].copies > 0 && p->services[s].limit_mib == 0;
	return n;
}

/*
 * What only thrashes when it is idle does so at its peak. Nobody promises room where something is not counted, nor that
 * a container without a limit stays at its expected use.
 */
static void judge(const struct planning *in, struct plan *p)
{
	p->idle = plan_judge_idle(in, p, plan_idle_mib(p), plan_is_the_most(in, p, p->workers, 0));
	p->peak = p->too_small || plan_thrashes(in, plan_idle_mib(p))
			  ? VERDICT_DOES_NOT_FIT
			  : plan_verdict(plan_peak_mib(p), p->ram_mib, p->swap.total_mib);
	if (p->beside.unknown_count + p->beside.parts_unknown + p->beside.unlimited_count + unlimited_parts(p) > 0)
		p->peak = plan_no_better_than_tight(p->peak);
	if (any_is_beyond(in, p))
		p->peak = VERDICT_DOES_NOT_FIT;
	/* There is no room for one worker more. */
	if (p->not_raised_why == NOT_RAISED_PEAK)
		p->peak = plan_no_better_than_tight(p->peak);
	/* A limit that stays may be less than what is expected: a peak is no better for that. */
	if (p->peak < p->idle)
		p->peak = p->idle;
}

static void take_fewer(struct plan *p, int64_t workers, const char *why)
{
	p->workers = workers;
	p->workers_why = _(why);
	p->workers_comment = why;
}

static const char *why_not_raised(enum not_raised why)
{
	static const char unknown[] = N_("as in the file: not everything that runs here is counted"),
			  elsewhere[] = N_("as in the file: the database is elsewhere"),
			  hidden[] = N_("as in the file: nobody can tell how many connections the database allows"),
			  connections[] = N_("as many as the database has connections for"),
			  peak[] = N_("as many as fit with every container at its limit");

	if (why == NOT_RAISED_PEAK)
		return peak;
	if (why == NOT_RAISED_CONNECTIONS_UNKNOWN)
		return hidden;
	return why == NOT_RAISED_UNKNOWN ? unknown : why == NOT_RAISED_CONNECTIONS ? connections : elsewhere;
}

/* A count that stays is what the sizes are made for; a limit that stays holds so many workers and no more. */
static void follow_stack(const struct planning *in, const struct knowledge *known, struct plan *p)
{
	static const char held[] = N_("as in the file, where they stay"),
			  most[] = N_("as many as the limit that stays can hold");
	enum not_raised why;
	int64_t allowed = plan_most_workers(in, &why);

	if (known->most_workers > 0 && p->workers > known->most_workers)
		take_fewer(p, known->most_workers, most);
	if (p->workers > allowed) {
		p->not_raised = p->workers;
		p->not_raised_why = why;
		take_fewer(p, allowed, why_not_raised(why));
	}
	p->wanted_workers = p->workers;
	if (known->held_workers > 0) {
		p->workers = known->held_workers;
		p->workers_why = _(held);
	}
}

/* The most workers of the profile that a limit that stays can hold. */
static int64_t most_held(const struct planning *in, const struct plan *p)
{
	int64_t most = p->carried_workers;

	while (most > p->workers && !budget_is_held(in, most))
		most--;
	return most;
}

/*
 * What those workers of the profile would take that are not there is left to services whose use nobody knows, as far as
 * there is RAM: so no sum is the lower for one of them, whoever chose the count.
 */
static void set_aside(const struct planning *in, struct plan *p)
{
	int64_t system = p->totals.system_mib, most = most_held(in, p), idle = budget_idle(in, p->workers);

	if (!answer_said(in->answers, ANSWER_COMPOSE) || !beside_is_incomplete(&p->beside) || p->workers >= most)
		return;
	p->totals.set_aside_workers = most - p->workers;
	p->totals.set_aside_mib = max_i64(0, min_i64(budget_idle(in, most) - idle, p->ram_mib - idle));
	p->totals.set_aside_peak_mib =
		max_i64(p->totals.set_aside_mib, budget_peak(in, most, system) - budget_peak(in, p->workers, system));
}

static void count_beside(const struct planning *in, struct plan *p)
{
	plan_beside(in, p->workers, &p->beside);
	p->beside.parts_unknown = needs_unknown_parts(in);
}

static void sum_at(const struct planning *in, struct plan *p)
{
	/* What is like a part has as many workers. */
	count_beside(in, p);
	plan_budget(in, p);
	set_aside(in, p);
	plan_swap_advice(in, p);
	plan_swap_allowance(in, p);
}

/* All sums and the swap for them. A count that only grew by itself goes down until the peak fits as well. */
static void sum_up(const struct planning *in, struct plan *p)
{
	struct plan before = *p;

	for (sum_at(in, p); plan_rises_too_far(in, p); sum_at(in, p)) {
		if (before.not_raised == 0)
			before.not_raised = before.workers;
		before.not_raised_why = NOT_RAISED_PEAK;
		take_fewer(&before, before.workers - 1, why_not_raised(NOT_RAISED_PEAK));
		before.wanted_workers = before.workers;
		*p = before;
	}
}

/*
 * Builds the plan. Texts are allocated from a; m and known must outlive the plan, and model must be one of
 * known->models. Returns 0, or -EINVAL with an error in diags if the answers name something that does not exist. A
 * plan that does not fit is no error: ask plan_fits().
 */
int plan_build(struct arena *a, const struct machine *m, const struct knowledge *known, const struct cost_model *model,
	       const struct answers *answers, struct diag_list *diags, struct plan *ret)
{
	struct plan p = {.machine = m,
			 .model = model,
			 .set = known->services,
			 .images = known->images,
			 .ram_mib = m->ram.effective.value,
			 .limits_off = answer_limits_off(answers)};
	const struct planning in = {.arena = a,
				    .machine = m,
				    .services = known->services,
				    .profiles = known->profiles,
				    .models = known->models,
				    .model = model,
				    .answers = answers,
				    .diags = diags,
				    .images = known->images,
				    .stack = known->stack,
				    .planned = p.services,
				    .beside = &p.beside,
				    .applied = known->applied,
				    .present_workers = known->present_workers,
				    .held_workers = known->held_workers,
				    .most_workers = known->most_workers,
				    .former_workers = known->former_workers,
				    .connections_stay = known->connections_stay,
				    .standing = known->standing};

	if (known->profiles->count == 0) {
		diag_add(diags, SEV_ERROR, NULL, _("there is no profile to choose from; nothing was planned"));
		return -EINVAL;
	}
	if (plan_choose_profile(&in, &p) < 0 || plan_choose_workers(&in, &p) < 0 || swap_device_settle(&in, &p) < 0)
		return -EINVAL;
	count_beside(&in, &p);
	plan_choose_variants(&in, &p);
	plan_lower_workers(&in, &p);
	follow_stack(&in, known, &p);
	sum_up(&in, &p);
	p.people = profile_people(in.profiles, p.profile, p.workers);
	p.planned_use = beside_planned_use(&in, &p);
	judge(&in, &p);
	plan_list_rejected(&in, &p);
	plan_outlook(&in, &p);
	plan_assumptions(&in, &p);
	plan_advice(&in, &p);
	*ret = p;
	return 0;
}

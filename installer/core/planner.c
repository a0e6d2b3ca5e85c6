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

static enum verdict no_better_than_tight(enum verdict v)
{
	return v == VERDICT_COMFORTABLE ? VERDICT_TIGHT : v;
}

/*
 * What only thrashes when it is idle does so at its peak. Nobody promises room where something is not counted, nor that
 * a container without a limit stays at its expected use.
 */
static void judge(const struct planning *in, struct plan *p)
{
	p->idle = plan_idle_verdict(in, p, plan_idle_mib(p));
	p->peak = p->too_small || plan_thrashes(in, plan_idle_mib(p))
			  ? VERDICT_DOES_NOT_FIT
			  : plan_verdict(plan_peak_mib(p), p->ram_mib, p->swap.total_mib);
	if (beside_is_incomplete(&p->beside))
		p->idle = no_better_than_tight(p->idle);
	if (p->beside.unknown_count + p->beside.parts_unknown + p->beside.unlimited_count > 0)
		p->peak = no_better_than_tight(p->peak);
}

/* A count that stays is what the sizes are made for; a limit that stays holds so many workers and no more. */
static void follow_stack(const struct knowledge *known, struct plan *p)
{
	static const char held[] = N_("as in the file, where they stay"),
			  most[] = N_("as many as the limit that stays can hold"),
			  counted[] = N_("as in the file: not everything that runs here is counted");
	const char *why = beside_is_incomplete(&p->beside) ? counted : most;

	if (known->most_workers > 0 && p->workers > known->most_workers) {
		p->workers = known->most_workers;
		p->workers_why = _(why);
		p->workers_comment = why;
	}
	p->wanted_workers = p->workers;
	if (known->held_workers > 0) {
		p->workers = known->held_workers;
		p->workers_why = _(held);
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
	const struct planning in = {a,		m,	   known->services, known->profiles, known->models,
				    model,	answers,   diags,	    known->images,   known->stack,
				    p.services, &p.beside, known->applied};

	if (known->profiles->count == 0) {
		diag_add(diags, SEV_ERROR, NULL, _("there is no profile to choose from; nothing was planned"));
		return -EINVAL;
	}
	if (plan_choose_profile(&in, &p) < 0 || plan_choose_workers(&in, &p) < 0 || swap_device_settle(&in, &p) < 0)
		return -EINVAL;
	plan_beside(&in, p.workers, &p.beside);
	p.beside.parts_unknown = needs_unknown_parts(&in);
	plan_choose_variants(&in, &p);
	plan_lower_workers(&in, &p);
	follow_stack(known, &p);
	plan_budget(&in, &p);
	p.planned_use = beside_planned_use(&in, &p);
	plan_swap_advice(&in, &p);
	judge(&in, &p);
	plan_swap_allowance(&p);
	plan_list_rejected(&in, &p);
	plan_outlook(&in, &p);
	plan_assumptions(&in, &p);
	plan_advice(&in, &p);
	*ret = p;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Chooses the profile, and says why not the others. */
#include <errno.h>
#include <string.h>

#include "core/planner.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "core/vps.h"

static bool is_desktop(const struct machine *m)
{
	return m->distro.class == DISTRO_DESKTOP;
}

/* Is `a` better than `b` on a machine that reaches both targets? */
static bool better(const struct machine *m, const struct profile *a, const struct profile *b)
{
	if (a->target_ram_mib != b->target_ram_mib)
		return a->target_ram_mib > b->target_ram_mib;
	if (a->role != b->role)
		return (a->role == ROLE_DESKTOP) == is_desktop(m);
	return a->workers > b->workers;
}

static bool eligible(const struct machine *m, const struct profile *p)
{
	return p->role == ROLE_SERVER || is_desktop(m);
}

static const struct profile *largest_reached(const struct planning *in, int64_t ram)
{
	const struct profile *best = NULL;

	for (size_t i = 0; i < in->profiles->count; i++) {
		const struct profile *p = &in->profiles->items[i];

		if (eligible(in->machine, p) && p->target_ram_mib <= ram && (!best || better(in->machine, p, best)))
			best = p;
	}
	return best;
}

/* Its figures are shown where no profile is recommended, and --force applies it. */
const struct profile *plan_smallest_profile(const struct planning *in)
{
	const struct profile_set *set = in->profiles;
	const struct profile *best = &set->items[0];

	for (size_t i = 1; i < set->count; i++)
		if (set->items[i].target_ram_mib < best->target_ram_mib)
			best = &set->items[i];
	return best;
}

static int unknown_profile(const struct planning *in)
{
	const char *names[MAX_PROFILES];
	const char *asked = answer_text(in->answers, ANSWER_PROFILE), *meant;
	struct diag *d;

	for (size_t i = 0; i < in->profiles->count; i++)
		names[i] = in->profiles->items[i].name;
	meant = text_nearest(asked, names, in->profiles->count);
	d = diag_add(in->diags, SEV_ERROR, NULL, _("there is no profile '%s'; nothing was planned"), asked);
	if (in->answers->of[ANSWER_PROFILE].origin == ORIGIN_REMEMBERED)
		d->hint = _("an earlier apply was asked for it; '--profile auto' forgets it");
	else
		d->hint = meant ? arena_printf(in->arena, _("did you mean %s?"), meant)
				: _("'vpsfit plan' lists the profiles; 'auto' recommends one");
	return -EINVAL;
}

/*
 * Sets profile, recommended, too_small and chosen_by_user. -EINVAL, with an error, if the answers name an unknown
 * profile. Whoever names a profile does not make the machine larger: too_small is what it is.
 */
int plan_choose_profile(const struct planning *in, struct plan *p)
{
	const char *asked = answer_text(in->answers, ANSWER_PROFILE);
	const struct profile *reached = largest_reached(in, planning_ram_for_profile(in->machine));

	p->too_small = !reached;
	if (asked) {
		p->profile = profile_find(in->profiles, asked);
		if (!p->profile)
			return unknown_profile(in);
		p->recommended = p->chosen_by_user = true;
		return 0;
	}
	p->recommended = reached != NULL;
	p->profile = reached ? reached : plan_smallest_profile(in);
	return 0;
}

static const char *reason_against(const struct planning *in, const struct plan *p, const struct profile *q)
{
	char need[UNITS_TEXT], have[UNITS_TEXT];
	int64_t ram = planning_ram_for_profile(in->machine);

	if (!eligible(in->machine, q))
		return _("for machines with a desktop session; none was found here");
	if (q->target_ram_mib > ram)
		return arena_printf(in->arena, _("made for %s of RAM; this machine counts as %s"),
				    format_plan_beside(q->target_ram_mib, ram, need),
				    format_plan_beside(ram, q->target_ram_mib, have));
	if (p->chosen_by_user)
		return _("another profile was asked for");
	if (q->target_ram_mib == p->profile->target_ram_mib && q->role != p->profile->role)
		return arena_printf(in->arena, _("%s takes its place on a machine with a desktop session"),
				    p->profile->name);
	return arena_printf(in->arena, _("this machine reaches %s"), p->profile->name);
}

/* Workers that the stack would have on that profile's machine: as many as what stays allows and RAM holds. */
static int64_t workers_on(const struct planning *in, const struct profile *q)
{
	int64_t n = in->held_workers > 0 ? in->held_workers : q->workers, usable = vps_usable(q->target_ram_mib);
	enum not_raised why;

	if (in->most_workers > 0)
		n = min_i64(n, in->most_workers);
	n = min_i64(n, plan_most_workers(in, &why));
	while (in->held_workers == 0 && n > 1 && (budget_idle(in, n) > usable || !budget_is_held(in, n)))
		n--;
	return n;
}

/* What is chosen for this machine is counted on the larger one too, as an apply leaves it there. */
static const char *with_variants(const struct planning *in, const struct plan *p, const char *text)
{
	for (size_t i = 0; i < in->services->count; i++)
		if (in->services->items[i].smaller.variant && p->services[i].variant)
			text = arena_printf(in->arena, _("%s, with the %s image of %s"), text, p->services[i].variant,
					    in->services->items[i].name);
	return text;
}

static const char *next_text(const struct planning *in, const struct plan *p)
{
	char size[UNITS_TEXT], need[UNITS_TEXT];
	int64_t idle = budget_idle(in, p->next_workers);

	format_plan_beside(p->next->target_ram_mib, planning_ram_for_profile(in->machine), size);
	format_gb(idle, need);
	if (idle * 100 > p->next->target_ram_mib * THRASH_PERCENT)
		return arena_printf(in->arena, _("%s of RAM (%s) would not hold it either: about %s would be in use"),
				    size, p->next->name, need);
	return arena_printf(in->arena,
			    Q_("%s of RAM would bring %s with %lld worker (about %s in use)",
			       "%s of RAM would bring %s with %lld workers (about %s in use)", p->next_workers),
			    size, p->next->name, (long long)p->next_workers, need);
}

static void next_size_up(const struct planning *in, struct plan *p)
{
	int64_t ram = max_i64(planning_ram_for_profile(in->machine), p->too_small ? 0 : p->profile->target_ram_mib);

	for (size_t i = 0; i < in->profiles->count; i++) {
		const struct profile *q = &in->profiles->items[i];

		if (!eligible(in->machine, q) || q->target_ram_mib <= ram)
			continue;
		if (!p->next || q->target_ram_mib < p->next->target_ram_mib ||
		    (q->target_ram_mib == p->next->target_ram_mib && better(in->machine, q, p->next)))
			p->next = q;
	}
	if (!p->next)
		return;
	p->next_workers = workers_on(in, p->next);
	p->next_text = with_variants(in, p, next_text(in, p));
}

/* Fills in p->rejected: each profile that was not taken, and why; and the next larger one. */
void plan_list_rejected(const struct planning *in, struct plan *p)
{
	for (size_t i = 0; i < in->profiles->count; i++) {
		const struct profile *q = &in->profiles->items[i];

		if (p->recommended && q == p->profile)
			continue;
		p->rejected[p->rejected_count++] =
			(struct plan_rejected){q, budget_total(in, q->workers, p->totals.system_mib),
					       budget_idle(in, q->workers), reason_against(in, p, q)};
	}
	next_size_up(in, p);
}

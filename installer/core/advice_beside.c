/* SPDX-License-Identifier: MIT */
/*
 * The plan's notes about what runs beside the planned parts, and about stacks that are not as vpsfit's. Each returns
 * NULL if it does not apply.
 */
#include "core/i18n.h"
#include "core/planner.h"
#include "core/strbuf.h"

/* Longer lists say how many more there are. */
#define NAMED 6

static const char *listed(const struct planning *in, const struct strbuf *names, size_t count)
{
	return count > NAMED ? arena_printf(in->arena, _("%s and %zu more"), strbuf_text(names), count - NAMED)
			     : arena_strdup(in->arena, strbuf_text(names));
}

static const char *unknown_names(const struct planning *in, const struct beside *b)
{
	struct strbuf names = STRBUF_INIT;
	const char *text;
	size_t n = 0;

	for (size_t s = 0; s < in->services->count; s++) {
		const char *why = needs_unknown(in, s);

		if (why)
			strbuf_printf(&names, "%s%s (%s)", n++ ? ", " : "", in->services->items[s].name, _(why));
	}
	for (size_t i = 0; i < b->count; i++) {
		if (!beside_row_is_unknown(&b->rows[i]))
			continue;
		if (n < NAMED && b->rows[i].from)
			strbuf_printf(&names, "%s%s (%s)", n ? ", " : "", b->rows[i].service->name, _(b->rows[i].from));
		else if (n < NAMED)
			strbuf_printf(&names, "%s%s", n ? ", " : "", b->rows[i].service->name);
		n++;
	}
	text = listed(in, &names, n);
	strbuf_clear(&names);
	return text;
}

/* Those that have a reservation count with it: it is the least they take. */
const char *advice_not_counted(const struct planning *in, const struct plan *p)
{
	if (p->beside.unknown_count + p->beside.parts_unknown == 0)
		return NULL;
	return arena_printf(
		in->arena,
		_("nobody knows what these take, and no more than the least of it is counted: %s. Their use counts "
		  "while they run, and so does a memory limit in the compose file"),
		unknown_names(in, &p->beside));
}

/* What an engine runs beside the stack and nobody but root may look at. */
const char *advice_others_unknown(const struct planning *in, const struct plan *p)
{
	if (p->beside.others_unknown == 0)
		return NULL;
	return arena_printf(in->arena,
			    Q_("the use of %zu container of others cannot be told, and is not counted",
			       "the use of %zu containers of others cannot be told, and is not counted",
			       p->beside.others_unknown),
			    p->beside.others_unknown);
}

/* Records that cannot be read: the memory of what runs is part of the system's figure, and nobody is named. */
const char *advice_not_told(const struct planning *in, const struct plan *p)
{
	const struct fact *f = &in->machine->ram.containers;

	if (f->confidence != FACT_UNKNOWN || p->beside.others_unknown > 0 || !f->source || !f->why)
		return NULL;
	return arena_printf(in->arena,
			    _("what containers use now cannot all be told apart (%s: %s): it counts as the system's"),
			    f->source, f->why);
}

/* Where the figures of the catalogue are from. */
const char *advice_usual(const struct planning *in, const struct plan *p)
{
	struct strbuf names = STRBUF_INIT;
	const char *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->beside.count; i++) {
		const struct beside_row *r = &p->beside.rows[i];

		if (r->source == BESIDE_USUAL && n++ < NAMED)
			strbuf_printf(&names, "%s%s (%s)", n > 1 ? "; " : "", r->service->name, r->from);
	}
	if (n > 0)
		text = arena_printf(in->arena, _("what these usually use was not measured here: %s"),
				    listed(in, &names, n));
	strbuf_clear(&names);
	return text;
}

const char *advice_unlimited(const struct planning *in, const struct plan *p)
{
	if (p->beside.unlimited_count == 0)
		return NULL;
	return arena_printf(in->arena,
			    Q_("%zu container that is not planned has no memory limit: in the peak it counts with its "
			       "expected use, and may take more",
			       "%zu containers that are not planned have no memory limit: in the peak they count with "
			       "their expected use, and may take more",
			       p->beside.unlimited_count),
			    p->beside.unlimited_count);
}

/* What the settings of somebody else's stack add to a service. */
static void add_reasons(const struct plan *p, size_t s, const struct stack_images *stack, struct strbuf *out)
{
	const struct service_needs *n = stack ? &stack->needs[s] : NULL;
	const char *name = p->set->items[s].name;

	for (size_t i = 0; n && p->services[s].in && i < n->reason_count; i++) {
		strbuf_puts(out, out->len ? "; " : "");
		if (p->services[s].limit_mib > 0)
			strbuf_printf(out, _("%s: %s (%lld MiB, at most %lld)"), name, _(n->reasons[i]),
				      (long long)p->services[s].expected_mib, (long long)p->services[s].limit_mib);
		else
			strbuf_printf(out, "%s: %s (%lld MiB)", name, _(n->reasons[i]),
				      (long long)p->services[s].expected_mib);
	}
	/* One without a limit is told of where it is not counted. */
	if (n && p->services[s].in && n->unknown && n->declared_mib > 0)
		strbuf_printf(out, "%s%s: %s (%lld MiB)", out->len ? "; " : "", name, _(n->unknown),
			      (long long)p->services[s].expected_mib);
}

/* Which figures are others than those of vpsfit's own stack, and why. */
const char *advice_condition(const struct planning *in, const struct plan *p)
{
	struct strbuf all = STRBUF_INIT;
	const char *text;

	for (size_t s = 0; s < p->set->count; s++) {
		const struct service_condition *c =
			p->services[s].in ? budget_condition(in, in->model, s, p->workers) : NULL;

		if (c)
			strbuf_printf(&all, "%s%s: %s (%lld MiB)", all.len ? "; " : "", p->set->items[s].name,
				      _(c->otherwise), (long long)p->services[s].expected_mib);
		add_reasons(p, s, in->stack, &all);
	}
	text = all.len ? arena_printf(in->arena, _("planned with figures of their own: %s"), strbuf_text(&all)) : NULL;
	strbuf_clear(&all);
	return text;
}

/* One text of all services for which `one` has something to say, joined by semicolons; NULL: there is none. */
static const char *of_services(const struct planning *in, const struct plan *p,
			       const char *(*one)(const struct planning *, const struct plan *, size_t))
{
	const char *all = NULL;

	for (size_t s = 0; s < p->set->count; s++) {
		const char *text = p->services[s].in ? one(in, p, s) : NULL;

		if (text)
			all = all ? arena_printf(in->arena, "%s; %s", all, text) : text;
	}
	return all;
}

static const char *kept_below(const struct planning *in, const struct plan *p, size_t s)
{
	const struct plan_service *ps = &p->services[s];
	const char *name = p->set->items[s].name;

	if (!ps->limit_stays || ps->limit_mib <= 0 || ps->limit_mib >= ps->expected_mib)
		return NULL;
	if (p->set->items[s].part == PART_WORKERS)
		return arena_printf(in->arena,
				    Q_("%s is kept at %lld MiB; %lld worker is expected to need %lld",
				       "%s is kept at %lld MiB; %lld workers are expected to need %lld", p->workers),
				    name, (long long)ps->limit_mib, (long long)p->workers, (long long)ps->expected_mib);
	return arena_printf(in->arena, _("%s is kept at %lld MiB, and is expected to need %lld"), name,
			    (long long)ps->limit_mib, (long long)ps->expected_mib);
}

const char *advice_limit_kept(const struct planning *in, const struct plan *p)
{
	return of_services(in, p, kept_below);
}

static const char *kept_above(const struct planning *in, const struct plan *p, size_t s)
{
	const struct plan_service *ps = &p->services[s];

	if (!plan_limit_is_beyond(p, s))
		return NULL;
	return arena_printf(in->arena,
			    _("%s is kept at %lld MiB, more than the %lld MiB of RAM: it may take the whole machine"),
			    p->set->items[s].name, (long long)ps->limit_mib, (long long)p->ram_mib);
}

/* A limit that is more than there is limits nothing. */
const char *advice_limit_beyond(const struct planning *in, const struct plan *p)
{
	return of_services(in, p, kept_above);
}

static const char *more_than_figure(const struct planning *in, const struct plan *p, size_t s)
{
	const struct plan_service *ps = &p->services[s];

	if (ps->held_mib == 0)
		return NULL;
	return arena_printf(in->arena, _("%s uses %lld MiB now, more than the %lld that the cost model expects"),
			    p->set->items[s].name, (long long)beside_held(in, s), (long long)ps->model_mib);
}

const char *advice_uses_more(const struct planning *in, const struct plan *p)
{
	const char *text = of_services(in, p, more_than_figure);

	return text ? arena_printf(in->arena, _("%s: it counts with what it uses"), text) : NULL;
}

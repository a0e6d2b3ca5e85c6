/* SPDX-License-Identifier: MIT */
/* What the stack needs in MiB: expected use, and every container at its limit. */
#include <string.h>

#include "core/planner.h"
#include "core/i18n.h"
#include "core/units.h"

/* A service that has run for a while and takes no more than the usual figure shows that it holds. */
static bool is_refuted(const struct planning *in, const struct cost_model *model, size_t service)
{
	int64_t now;

	return beside_measured(in, service, &now) && beside_is_settled(in, service) &&
	       now <= cost_expected_at(&model->services[service], 1);
}

/*
 * The condition of a service's usual figures that is not met at this many workers, where the model knows what holds
 * otherwise; NULL: they hold, or there are no others.
 */
const struct service_condition *budget_condition(const struct planning *in, const struct cost_model *model,
						 size_t service, int64_t workers)
{
	const struct service_condition *c = in->stack ? in->stack->condition[service] : NULL;

	if (!c || in->planned[service].variant || workers < c->from_workers ||
	    !cost_has_variant(&model->services[service], c->costs))
		return NULL;
	return c->from_workers == 0 && is_refuted(in, model, service) ? NULL : c;
}

/* Costs of a service with the image that it is planned with, and as it is started in the stack at hand. */
const struct cost_service *budget_costs(const struct planning *in, const struct cost_model *model, size_t service,
					int64_t workers)
{
	const struct service_condition *c = budget_condition(in, model, service, workers);

	return needs_costs(in, model, service, workers,
			   cost_variant(&model->services[service], c ? c->costs : in->planned[service].variant));
}

/* Without the part with the workers there is no plan: where nobody finds it, it counts as if it were there. */
static int64_t copies_there(const struct planning *in, size_t service)
{
	const struct service *s = &in->services->items[service];
	const int64_t copies = s->optional_from > 0 ? 1 : beside_copies(in->stack, service);

	if (s->part == PART_DATABASE && in->answers->database_elsewhere)
		return 0;
	/* The answer that brings it back to a stack without it. */
	if (s->part == PART_DATABASE && in->answers->database_own && in->stack && in->stack->own)
		return 1;
	return s->part == PART_WORKERS && copies == 0 ? 1 : copies;
}

/*
 * Containers that count. What nothing starts takes nothing, as long as the workers are started: without them the plan
 * is for the day when they are, with all that goes with them.
 */
static int64_t copies_of(const struct planning *in, size_t service)
{
	size_t w = service_by_part(in->services, PART_WORKERS);
	bool idle = beside_is_idle(in, service) && service != w && (w == NO_SERVICE || !beside_is_idle(in, w));

	return idle && in->services->items[service].optional_from == 0 ? 0 : copies_there(in, service);
}

/*
 * Does a stack with this many workers have the service? One that somebody else wrote never has optional ones, and not
 * every stack has all the others.
 */
bool budget_wants(const struct planning *in, size_t service, int64_t workers)
{
	const struct service *s = &in->services->items[service];
	const char *said = s->answer < 0 ? NULL : answer_text(in->answers, (enum answer_id)s->answer);

	if (s->optional_from == 0)
		return copies_there(in, service) > 0;
	if (answer_said(in->answers, ANSWER_COMPOSE))
		return false;
	return said ? answer_number(in->answers, (enum answer_id)s->answer) > 0 : workers >= s->optional_from;
}

/*
 * What each copy of a part holds now, as it would with this many workers; 0: it does not run, or cannot be told. Fewer
 * workers than run now take their share along, as the model has it.
 */
static int64_t held_at(const struct planning *in, size_t service, int64_t workers)
{
	int64_t now = beside_held(in, service), started = beside_started_workers(in, service),
		was = started > 0 ? started : in->present_workers;

	if (in->services->items[service].part != PART_WORKERS || was <= 0 || workers >= was)
		return now;
	return now * cost_expected_at(budget_costs(in, in->model, service, workers), workers) /
	       max_i64(1, cost_expected_at(budget_costs(in, in->model, service, was), was));
}

/* Expected use of each copy: the model's figure, or what it holds now where that is more. */
static int64_t expected_at(const struct planning *in, size_t service, int64_t workers)
{
	return max_i64(cost_expected_at(budget_costs(in, in->model, service, workers), workers),
		       held_at(in, service, workers));
}

/* Expected use of the optional services that there would be with this many workers. */
int64_t budget_optional(const struct planning *in, int64_t workers)
{
	int64_t sum = 0;

	for (size_t s = 0; s < in->services->count; s++)
		if (in->services->items[s].optional_from > 0 && budget_wants(in, s, workers))
			sum += expected_at(in, s, workers);
	return sum;
}

/* Expected use of what stands below the total: optional services at this many workers, and all that is not planned. */
int64_t budget_besides(const struct planning *in, int64_t workers)
{
	return beside_expected_at(in, workers) + in->beside->others_mib + budget_optional(in, workers);
}

/* The engine's daemons: the model's figure, or what they use now where that is more. */
static int64_t engine_mib(const struct planning *in)
{
	return max_i64(in->model->engine_mib, fact_or_zero(&in->machine->ram.daemons));
}

/* Expected use of engine, system and the services that are not optional, in MiB. */
int64_t budget_total(const struct planning *in, int64_t workers, int64_t system_mib)
{
	int64_t total = engine_mib(in) + system_mib;

	for (size_t s = 0; s < in->services->count; s++)
		if (in->services->items[s].optional_from == 0)
			total += expected_at(in, s, workers) * copies_of(in, s);
	return total;
}

/* Daemons that run and cannot be seen are in what is in use, and have a row: a limit of ours is another's. */
static int64_t unseen_daemons(const struct planning *in)
{
	const struct machine_ram *r = &in->machine->ram;

	return r->daemons.confidence == FACT_UNKNOWN && r->daemons.source && r->effective.value == r->usable.value
		       ? in->model->engine_mib
		       : 0;
}

/* What the system itself holds now, in RAM and in swap: without containers and the engine's daemons. */
static int64_t in_use_now(const struct planning *in)
{
	const struct machine *m = in->machine;

	return max_i64(0, fact_or_zero(&m->ram.in_use) - unseen_daemons(in)) + fact_or_zero(&m->swap.system);
}

static int64_t system_now(const struct planning *in)
{
	return max_i64(in->model->system_mib[in->machine->distro.class], in_use_now(in));
}

/*
 * What the last apply took the system for, where this is the same machine and that is not off by more than a quarter;
 * 0: it does not hold. What is in use changes by the minute, and no plan should.
 */
static int64_t system_remembered(const struct planning *in)
{
	const struct applied_size *was = &in->applied;
	const int64_t usable = in->machine->ram.effective.value, slack = max_i64(64, was->usable_mib / 32),
		      off = system_now(in) - was->system_mib;

	if (was->system_mib <= 0 || was->usable_mib <= 0 || was->nominal_mib != in->machine->ram.nominal.value ||
	    usable < was->usable_mib - slack || usable > was->usable_mib + slack || !was->model ||
	    !STR_EQ(was->model, in->model->name) || in->machine->ram.in_use.confidence == FACT_UNKNOWN)
		return 0;
	return (off < 0 ? -off : off) <= was->system_mib / 4 ? was->system_mib : 0;
}

/*
 * Use of the system itself in MiB: --overhead if given, else what the last apply found as long as that holds, else the
 * larger of the class figure and what is in use now.
 */
int64_t budget_system(const struct planning *in)
{
	int64_t said = answer_number(in->answers, ANSWER_OVERHEAD), remembered = said >= 0 ? 0 : system_remembered(in);

	return said >= 0 ? said : remembered > 0 ? remembered : system_now(in);
}

/* Expected use of everything that runs with this many workers, in MiB. */
int64_t budget_idle(const struct planning *in, int64_t workers)
{
	return budget_total(in, workers, budget_system(in)) + budget_besides(in, workers);
}

/* Would the stack, as planned so far, be expected to need more than RAM? Swap does not count. */
bool budget_is_over(const struct planning *in, const struct plan *p)
{
	return budget_idle(in, p->workers) > p->ram_mib;
}

static const char *system_why(const struct planning *in)
{
	const struct machine *m = in->machine;
	const char *class = _(distro_class_name(m->distro.class));
	int64_t figure = in->model->system_mib[m->distro.class];

	if (answer_number(in->answers, ANSWER_OVERHEAD) >= 0)
		return _("as given with --overhead");
	if (budget_system(in) != system_now(in))
		return arena_printf(in->arena, _("as the last apply found it; now it would be %lld MiB"),
				    (long long)system_now(in));
	if (in_use_now(in) > figure && fact_or_zero(&m->swap.system) > 0)
		return arena_printf(
			in->arena,
			_("%lld MiB are in use now, %lld of them in swap, more than the %lld of a %s system"),
			(long long)in_use_now(in), (long long)fact_or_zero(&m->swap.system), (long long)figure, class);
	if (in_use_now(in) > figure)
		return arena_printf(in->arena, _("%lld MiB are in use now, more than the %lld of a %s system"),
				    (long long)in_use_now(in), (long long)figure, class);
	return arena_printf(in->arena, _("figure for a %s system"), class);
}

/* A limit above what is held now: a tenth more, in steps, so that it does not move with every run. */
#define HELD_ROOM_PERCENT 110
#define HELD_STEP_MIB 64

static int64_t over_held(int64_t held_mib)
{
	return round_up(held_mib * HELD_ROOM_PERCENT / 100, HELD_STEP_MIB);
}

/* What a service's limit follows from, beside what it holds now. */
struct limit_basis {
	int64_t model_mib; /* expected use */
	int64_t least_mib; /* the limit for that */
};

static int64_t limit_at(const struct limit_basis *basis, int64_t held_mib)
{
	return held_mib > basis->model_mib ? max_i64(basis->least_mib, over_held(held_mib)) : basis->least_mib;
}

/*
 * The limit that the last apply wrote stays while what is held differs by no more than a quarter from what it follows
 * from, and has its room below it: else a plan could ask for another one with every MiB that comes and goes.
 */
static int64_t steady_limit(const struct planning *in, size_t service, int64_t workers, const struct limit_basis *basis,
			    int64_t now_mib)
{
	const struct applied_size *was = &in->applied;
	const int64_t wrote = was->limit_mib[service], planned = limit_at(basis, now_mib);
	const bool same = was->model && STR_EQ(was->model, in->model->name) && was->workers == workers &&
			  was->nominal_mib == in->machine->ram.nominal.value;

	return same && wrote >= limit_at(basis, now_mib * 4 / 5) && wrote <= limit_at(basis, (now_mib * 5 + 3) / 4) &&
			       wrote * 100 >= now_mib * HELD_ROOM_PERCENT
		       ? wrote
		       : planned;
}

static int64_t stands(const struct standing_size *size, int64_t wanted_mib)
{
	return size->stays ? size->mib : wanted_mib;
}

/* What will stand in the files. The share of swap comes later (plan_swap_allowance). */
static void take_standing(const struct planning *in, size_t service, struct plan_service *s)
{
	static const struct standing_sizes nothing;
	const struct standing_sizes *is = in->standing ? &in->standing[service] : &nothing;

	s->limit_mib = stands(&is->limit, s->wanted.limit_mib);
	s->limit_stays = s->limit_mib != s->wanted.limit_mib;
	s->reservation_mib =
		stands(&is->reservation,
		       s->limit_mib > 0 ? min_i64(s->wanted.reservation_mib, s->limit_mib) : s->wanted.reservation_mib);
	s->memswap_mib = stands(&is->memswap, s->limit_mib);
}

static struct plan_service service_budget(const struct planning *in, size_t service, int64_t workers)
{
	const struct cost_service *cost = budget_costs(in, in->model, service, workers);
	struct plan_service s = {.in = true, .error_percent = cost->error_percent};
	struct limit_basis basis;

	s.model_mib = cost_expected_at(cost, workers);
	s.expected_mib = expected_at(in, service, workers);
	s.held_mib = s.expected_mib > s.model_mib ? s.expected_mib : 0;
	basis = (struct limit_basis){s.model_mib, max_i64(cost_line_at(&cost->limit, workers), s.model_mib)};
	s.wanted.limit_mib = steady_limit(in, service, workers, &basis, s.expected_mib);
	if (needs_kept_limit(in, service) > 0)
		s.wanted.limit_mib = needs_kept_limit(in, service);
	s.wanted.reservation_mib = min_i64(cost_line_at(&cost->reservation, workers), s.wanted.limit_mib);
	s.wanted.memswap_mib = s.wanted.limit_mib;
	take_standing(in, service, &s);
	s.open = needs_open(in, service);
	if (s.open) {
		/* Nothing is written for it. */
		s.limit_mib = s.memswap_mib = 0;
		s.limit_stays = false;
	}
	return s;
}

/* Does the workers' limit hold so many, if it stays? */
bool budget_is_held(const struct planning *in, int64_t workers)
{
	size_t w = service_by_part(in->services, PART_WORKERS);
	const struct standing_size *limit = in->standing && w != NO_SERVICE ? &in->standing[w].limit : NULL;

	return !limit || !limit->stays || limit->mib == 0 ||
	       service_budget(in, w, workers).wanted.limit_mib <= limit->mib;
}

/* Each copy at its limit, or at its expected use, where that is more or it has no limit: no peak is below idle use. */
static int64_t most_of(const struct plan_service *s)
{
	return max_i64(s->limit_mib, s->expected_mib);
}

/*
 * Fills in services, totals and the database settings that depend on the worker count. plan_choose_variants has filled
 * in the services' images.
 */
void plan_budget(const struct planning *in, struct plan *p)
{
	const struct cost_model *model = in->model;
	struct plan_totals *t = &p->totals;

	t->engine_mib = engine_mib(in);
	t->system_mib = budget_system(in);
	p->system_why = system_why(in);
	t->containers_mib = t->engine_mib;
	t->peak_mib = t->engine_mib + t->system_mib;
	for (size_t s = 0; s < in->services->count; s++) {
		bool optional = in->services->items[s].optional_from > 0;
		const char *variant = p->services[s].variant;

		if (!budget_wants(in, s, p->workers))
			continue;
		p->services[s] = service_budget(in, s, p->workers);
		p->services[s].variant = variant;
		p->services[s].copies = copies_of(in, s);
		p->services[s].idle = beside_is_idle(in, s);
		p->services[s].source = needs_source(in, s, p->services[s].expected_mib);
		*(optional ? &t->optional_mib : &t->containers_mib) +=
			p->services[s].expected_mib * p->services[s].copies;
		*(optional ? &t->optional_peak_mib : &t->peak_mib) += most_of(&p->services[s]) * p->services[s].copies;
	}
	t->total_mib = t->containers_mib + t->system_mib;
	p->pool_size = needs_pool(in);
	p->gateways = needs_gateways(in);
	p->max_connections = needs_connections(in, p->workers) + model->reserve_connections;
	p->connections_said = in->stack ? in->stack->database.said : 0;
	p->connections_unclear = in->stack && in->stack->database.unclear && p->workers > in->present_workers;
}

/* Every container at its limit, with engine and system, in MiB. */
int64_t budget_peak(const struct planning *in, int64_t workers, int64_t system_mib)
{
	int64_t peak = engine_mib(in) + system_mib + beside_peak_at(in, workers) + in->beside->others_peak_mib;

	for (size_t s = 0; s < in->services->count; s++)
		if (budget_wants(in, s, workers)) {
			const struct plan_service one = service_budget(in, s, workers);

			peak += most_of(&one) * copies_of(in, s);
		}
	return peak;
}

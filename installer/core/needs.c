/* SPDX-License-Identifier: MIT */
/* Costs of a service by the settings of the stack that somebody else wrote. */
#include <stddef.h>

#include "core/planner.h"
#include "core/units.h"

static const struct service_needs *needs_of(const struct planning *in, size_t service)
{
	return in->stack ? &in->stack->needs[service] : NULL;
}

/* Database connections of each worker, as the stack's files have it. */
int64_t needs_pool(const struct planning *in)
{
	int64_t said = in->stack ? in->stack->database.pool : 0;

	return said > 0 ? said : in->model->pool_per_worker;
}

/* Containers that have the planned number of workers each, and all use the database: copies, and further gateways. */
int64_t needs_gateways(const struct planning *in)
{
	size_t part = service_by_part(in->services, PART_WORKERS);
	int64_t copies = part == NO_SERVICE ? 1 : max_i64(1, beside_copies(in->stack, part));

	return copies + (in->stack ? in->stack->database.gateways : 0);
}

/* Connections that everybody together may have open, without a reserve. */
int64_t needs_connections(const struct planning *in, int64_t workers)
{
	int64_t beside = in->stack ? in->stack->database.beside : 0;

	return beside + workers * needs_pool(in) * needs_gateways(in);
}

/* Does nobody know what it needs, nor its file say it? What it uses at the moment is no limit for it. */
bool needs_open(const struct planning *in, size_t service)
{
	const struct service_needs *n = needs_of(in, service);

	return n && n->unknown && n->declared_mib == 0 && beside_copies(in->stack, service) > 0;
}

/* What it uses now, once it has run for a while. */
static bool measured(const struct planning *in, size_t service, int64_t *ret)
{
	return beside_measured(in, service, ret) && beside_is_settled(in, service);
}

/* Where the expected use of a planned service is from: a limit below the usual figure says nothing of it. */
enum beside_source needs_source(const struct planning *in, size_t service, int64_t expected_mib)
{
	const struct service_needs *n = needs_of(in, service);
	int64_t now;

	if (!n || !n->unknown)
		return BESIDE_MODEL;
	if (measured(in, service, &now))
		return BESIDE_MEASURED;
	return n->declared_mib > 0 && n->declared_mib >= expected_mib ? BESIDE_LIMIT : BESIDE_MODEL;
}

/* Why a planned service is not counted; NULL: it is, by its limit or by what it uses now. */
const char *needs_unknown(const struct planning *in, size_t service)
{
	int64_t now;

	return needs_open(in, service) && !beside_is_idle(in, service) && !measured(in, service, &now)
		       ? needs_of(in, service)->unknown
		       : NULL;
}

/* How many planned services are not counted. */
size_t needs_unknown_parts(const struct planning *in)
{
	size_t n = 0;

	for (size_t s = 0; s < in->services->count; s++)
		n += needs_unknown(in, s) != NULL;
	return n;
}

static int64_t each(int64_t per_worker_mib, const struct cost_model *model)
{
	return model->pool_per_worker > 0 ? (per_worker_mib + model->pool_per_worker - 1) / model->pool_per_worker : 0;
}

/* Adds the connections that the figures were not made for: they hold for the model's own pool. */
static void add_connections(const struct planning *in, const struct cost_model *model, const struct cost_service *base,
			    int64_t workers, struct cost_service *costs)
{
	int64_t wanted = needs_connections(in, workers), more = max_i64(0, wanted - workers * model->pool_per_worker);
	int64_t allowed = max_i64(0, in->stack->database.said - wanted - model->reserve_connections);

	costs->expected.base_mib += more * each(base->expected.per_worker_mib, model);
	costs->reservation.base_mib += more * each(base->reservation.per_worker_mib, model);
	costs->limit.base_mib += (more + allowed) * each(base->limit.per_worker_mib, model);
}

/* Can nobody tell how many workers the stack starts? Then no plan takes any away. */
bool needs_count_hidden(const struct planning *in)
{
	size_t part = service_by_part(in->services, PART_WORKERS);
	const struct service_needs *n = part == NO_SERVICE ? NULL : needs_of(in, part);

	return n && n->count_hidden;
}

/*
 * The limit of a service of which nobody knows what it needs, or how many workers it starts: the one that its file
 * declares, which is what it counts with; 0: there is none. A limit that rose to the usual figure would count as
 * declared at the next run.
 */
int64_t needs_kept_limit(const struct planning *in, size_t service)
{
	const struct service_needs *n = needs_of(in, service);

	return n && (n->count_hidden || (n->unknown && in->stack->known && !in->stack->own)) ? n->declared_mib : 0;
}

static struct cost_line at(int64_t mib, const struct service_needs *n)
{
	return (struct cost_line){.base_mib = mib > 0 ? mib * max_i64(1, n->processes) + n->adds_mib : 0};
}

/* Of what nobody knows, what it uses now counts, else the limit that its file declares, which is kept. */
static void take_what_is_there(const struct planning *in, size_t service, struct cost_service *costs)
{
	int64_t declared = needs_of(in, service)->declared_mib, now;

	if (measured(in, service, &now))
		now /= max_i64(1, beside_copies(in->stack, service));
	else
		now = declared;
	/* Figures for a count that nobody knows say nothing beside a limit. */
	if (needs_of(in, service)->count_hidden && declared > 0)
		costs->expected.base_mib = 0;
	costs->expected.base_mib = max_i64(costs->expected.base_mib, now);
	costs->limit.base_mib = max_i64(costs->limit.base_mib, declared);
}

/*
 * The costs of a service at this many workers, and at no other count, with what the stack's settings add. base: as in
 * vpsfit's own stack, or the variant that holds otherwise; it is returned where nothing is added.
 */
const struct cost_service *needs_costs(const struct planning *in, const struct cost_model *model, size_t service,
				       int64_t workers, const struct cost_service *base)
{
	const struct service_needs *n = needs_of(in, service);
	bool database = in->services->items[service].part == PART_DATABASE;
	struct cost_service *costs;

	if (!n || !in->stack->known || in->stack->own)
		return base;
	costs = arena_alloc(in->arena, sizeof(*costs));
	*costs = *base;
	costs->table_count = 0;
	costs->expected = at(cost_expected_at(base, workers), n);
	costs->reservation = at(cost_line_at(&base->reservation, workers), n);
	costs->limit = at(cost_line_at(&base->limit, workers), n);
	costs->limit.base_mib += n->limit_adds_mib;
	costs->start_peak = at(cost_line_at(&base->start_peak, workers), n);
	if (database)
		add_connections(in, model, base, workers, costs);
	if (n->unknown)
		take_what_is_there(in, service, costs);
	return costs;
}

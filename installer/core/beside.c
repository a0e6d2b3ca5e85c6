/* SPDX-License-Identifier: MIT */
#include "core/beside.h"

#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"
#include "core/usual_cost.h"

const char *beside_source_name(enum beside_source s)
{
	static const char *const names[] = {
		[BESIDE_MEASURED] = "measured", [BESIDE_LIMIT] = "limit", [BESIDE_RESERVATION] = "reservation",
		[BESIDE_MODEL] = "cost-model",	[BESIDE_USUAL] = "usual", [BESIDE_UNKNOWN] = "unknown",
	};

	ALL_NAMED(names, BESIDE_SOURCE_COUNT);
	return names[s];
}

const char *beside_source_text(enum beside_source s)
{
	static const char *const texts[] = {
		[BESIDE_MEASURED] = N_("in use now"),
		[BESIDE_LIMIT] = N_("its limit"),
		[BESIDE_RESERVATION] = N_("its reservation"),
		[BESIDE_MODEL] = N_("cost model"),
		[BESIDE_USUAL] = N_("usual use"),
		[BESIDE_UNKNOWN] = N_("not known"),
	};

	ALL_NAMED(texts, BESIDE_SOURCE_COUNT);
	return _(texts[s]);
}

bool beside_row_is_unknown(const struct beside_row *row)
{
	return row->source == BESIDE_UNKNOWN || row->least;
}

/* By Compose's label; a container of the stack without it, by its image. */
static bool is_container_of(const struct machine_container *c, const struct stack_service *s)
{
	if (!c->ours)
		return false;
	return c->service ? STR_EQ(c->service, s->name) : c->image && s->image && STR_EQ(c->image, s->image);
}

/* In RAM and in swap, of a container whose use is known. */
static int64_t need_of(const struct machine_container *c)
{
	return c->use.value + fact_or_zero(&c->swap);
}

/* The same without page cache, which the kernel gives back before it ends anything. */
static int64_t held_by(const struct machine_container *c)
{
	return max_i64(0, c->use.value - c->cache_mib) + fact_or_zero(&c->swap);
}

/* What its containers use now, in RAM and in swap, for as many copies as the file wants. False if none is known. */
static bool measured(const struct machine *m, const struct stack_service *s, int64_t *ret)
{
	int64_t sum = 0, running = 0;

	for (size_t i = 0; i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (!is_container_of(c, s))
			continue;
		if (c->use.confidence == FACT_UNKNOWN)
			return false;
		sum += need_of(c);
		running++;
	}
	*ret = running > 0 ? max_i64(sum, sum * s->copies / running) : 0;
	return running > 0;
}

/* What a program usually takes; a Java heap that its file lets it take may be more. */
static void from_usual(const struct stack_service *s, struct beside_row *row)
{
	static const char heap[] = N_("the Java heap that its file sets");
	const struct usual_cost *usual = s->usual;

	if (s->heap_mib > 0 && (!usual || usual->idle_mib < s->heap_mib)) {
		/* What it takes beside its heap is in the usual figure alone. */
		row->least = !usual || usual->idle_mib == 0;
		row->source = row->least ? BESIDE_RESERVATION : BESIDE_USUAL;
		row->expected_mib = s->heap_mib * row->copies;
		row->from = heap;
	} else if (usual && usual->idle_mib > 0) {
		row->source = BESIDE_USUAL;
		row->expected_mib = usual->idle_mib * row->copies;
		row->from = usual->source;
	} else if (usual) {
		row->from = usual->depends_on ? usual->depends_on : usual->unknown;
	}
}

/* A reservation is the least of it: without another figure nobody knows how much more it takes. */
static void from_reservation(const struct stack_service *s, struct beside_row *row)
{
	from_usual(s, row);
	row->least = row->least || row->source == BESIDE_UNKNOWN;
	if (!row->least && row->expected_mib >= s->reservation_mib * row->copies)
		return;
	row->source = BESIDE_RESERVATION;
	row->expected_mib = max_i64(row->expected_mib, s->reservation_mib * row->copies);
	row->from = row->least ? row->from : NULL;
}

/*
 * Another one of a part, such as a second gateway. Where its files do not say how many workers it starts, it counts
 * with as many as are planned; what it has in common with vpsfit's stack is read from its own entry.
 */
static int64_t model_at(const struct planning *in, const struct beside_row *row, int64_t workers)
{
	const struct cost_service *costs = &in->model->services[row->service->like];
	const struct service_condition *c = row->service->condition;

	if (row->service->workers > 0)
		workers = row->service->workers;
	if (c && workers >= c->from_workers)
		costs = cost_variant(costs, c->costs);
	return cost_expected_at(costs, workers) * row->copies;
}

static void from_model(const struct planning *in, int64_t workers, struct beside_row *row)
{
	row->source = BESIDE_MODEL;
	row->expected_mib = model_at(in, row, workers);
	row->from = in->model->name;
}

static struct beside_row row_of(const struct planning *in, int64_t workers, const struct stack_service *s)
{
	int64_t copies = max_i64(1, s->copies);
	struct beside_row row = {
		.service = s, .copies = copies, .limit_mib = s->limit_mib * copies, .source = BESIDE_UNKNOWN};

	if (measured(in->machine, s, &row.expected_mib)) {
		row.source = BESIDE_MEASURED;
	} else if (s->limit_mib > 0) {
		row.source = BESIDE_LIMIT;
		row.expected_mib = row.limit_mib;
	} else if (s->like != NO_SERVICE && in->services->items[s->like].optional_from == 0) {
		from_model(in, workers, &row);
	} else if (s->reservation_mib > 0) {
		from_reservation(s, &row);
	} else {
		from_usual(s, &row);
	}
	return row;
}

static bool is_of_stack(const struct stack_images *stack, const struct machine_container *c)
{
	for (size_t i = 0; stack && i < stack->service_count; i++)
		if (is_container_of(c, &stack->services[i]))
			return true;
	return false;
}

static bool has_container(const struct machine *m, const struct stack_service *s)
{
	for (size_t i = 0; i < m->containers.count; i++)
		if (is_container_of(&m->containers.items[i], s))
			return true;
	return false;
}

/*
 * The container of a service that was renamed since: it goes when the one of the new name is started, which is planned.
 * Both have the part's image, or the container has the name that vpsfit gives the part.
 */
static bool is_replaced(const struct planning *in, const struct machine_container *c)
{
	const struct stack_images *stack = in->stack;

	for (size_t i = 0; c->ours && c->service && stack && stack->own && i < stack->service_count; i++) {
		const struct stack_service *s = &stack->services[i];

		if (s->part != NO_SERVICE && !has_container(in->machine, s) &&
		    (STR_EQ(c->service, in->services->items[s->part].name) ||
		     (c->image && s->image && STR_EQ(c->image, s->image))))
			return true;
	}
	return false;
}

/* Containers of anybody else, and those of this stack whose service is not in its files any more. */
static void add_others(const struct planning *in, struct beside *b)
{
	const struct machine *m = in->machine;

	for (size_t i = 0; i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (c->ours && (!in->stack || in->stack->service_count == 0 || is_of_stack(in->stack, c)))
			continue;
		if (is_replaced(in, c))
			continue;
		b->others_count++;
		b->unlimited_count += c->limit_mib == 0;
		if (c->use.confidence == FACT_UNKNOWN) {
			b->others_unknown++;
			continue;
		}
		b->others_mib += need_of(c);
		b->others_peak_mib += max_i64(need_of(c), c->limit_mib);
	}
}

/* Does Compose start it to stay? */
static bool runs(const struct stack_service *s)
{
	return s->active && s->copies > 0 && !s->one_shot;
}

/* What is not started has a row, so that nobody looks for it, and takes nothing. One that ends by itself has none. */
static void add_idle(const struct planning *in, const struct stack_service *s, struct beside_row *rows, size_t *count)
{
	if (s->one_shot)
		return;
	rows[*count] = row_of(in, 1, s);
	rows[(*count)++].copies = 0;
}

/* Is it a part that is planned, or goes? One that only a person can take out runs on, and counts. */
static bool is_planned(const struct planning *in, const struct stack_service *s)
{
	return s->part != NO_SERVICE && !(in->standing && in->standing[s->part].unplanned);
}

/* Counts what is not planned: services of the stack that play no part, and other containers. */
void plan_beside(const struct planning *in, int64_t workers, struct beside *ret)
{
	const struct stack_images *stack = in->stack;
	size_t count = stack ? stack->service_count : 0;
	struct beside_row *rows = arena_array(in->arena, count + 1, sizeof(*rows)),
			  *idle = arena_array(in->arena, count + 1, sizeof(*idle));

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < count; i++) {
		const struct stack_service *s = &stack->services[i];
		struct beside_row *row = &rows[ret->count];
		int64_t now;

		/* As long as nobody has said which of several is the part, each could be it. */
		if (is_planned(in, s) || (!stack->known && s->like != NO_SERVICE))
			continue;
		/* What the files would not start may run all the same, by a profile or by hand. */
		if (!runs(s) && !measured(in->machine, s, &now)) {
			add_idle(in, s, idle, &ret->idle_count);
			continue;
		}
		*row = row_of(in, workers, s);
		ret->count++;
		ret->expected_mib += row->expected_mib;
		ret->peak_mib += max_i64(row->limit_mib, row->expected_mib);
		ret->unknown_count += beside_row_is_unknown(row);
		ret->unlimited_count += row->limit_mib == 0 ? (size_t)row->copies : 0;
	}
	ret->rows = rows;
	ret->idle = idle;
	add_others(in, ret);
}

static int64_t expected_of(const struct planning *in, const struct beside_row *row, int64_t workers)
{
	return row->source == BESIDE_MODEL ? model_at(in, row, workers) : row->expected_mib;
}

/* What the rows take, expected, where the planned gateway has this many workers. */
int64_t beside_expected_at(const struct planning *in, int64_t workers)
{
	int64_t sum = 0;

	for (size_t i = 0; i < in->beside->count; i++)
		sum += expected_of(in, &in->beside->rows[i], workers);
	return sum;
}

/* The same at their limits. */
int64_t beside_peak_at(const struct planning *in, int64_t workers)
{
	int64_t sum = 0;

	for (size_t i = 0; i < in->beside->count; i++)
		sum += max_i64(in->beside->rows[i].limit_mib, expected_of(in, &in->beside->rows[i], workers));
	return sum;
}

static const struct stack_service *part_of(const struct stack_images *stack, size_t part)
{
	for (size_t i = 0; stack && i < stack->service_count; i++)
		if (stack->services[i].part == part)
			return &stack->services[i];
	return NULL;
}

/* Copies of a part that the stack's files start; 1 where they are not known. 0: it is not in them. */
int64_t beside_copies(const struct stack_images *stack, size_t part)
{
	const struct stack_service *s = part_of(stack, part);

	if (!stack || !stack->known || stack->service_count == 0)
		return 1;
	/* One that is not started now gets its sizes for the time when it is. */
	if (s)
		return max_i64(1, s->copies);
	return 0;
}

/* Does nothing start a part that the files have, and does none of it run? */
bool beside_is_idle(const struct planning *in, size_t part)
{
	const struct stack_service *s = in->stack && in->stack->known ? part_of(in->stack, part) : NULL;
	int64_t now;

	return s && !(s->active && s->copies > 0) && !measured(in->machine, s, &now);
}

/* What a part of the stack uses now, all its copies; false if it does not run or cannot be told. */
bool beside_measured(const struct planning *in, size_t part, int64_t *ret)
{
	const struct stack_service *s = part_of(in->stack, part);

	return s && measured(in->machine, s, ret);
}

/* What each running copy of a part holds now, without page cache, rounded up; 0: none runs, or it cannot be told. */
int64_t beside_held(const struct planning *in, size_t part)
{
	const struct stack_service *s = part_of(in->stack, part);
	const struct machine *m = in->machine;
	int64_t sum = 0, running = 0;

	for (size_t i = 0; s && i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (!is_container_of(c, s) || c->use.confidence == FACT_UNKNOWN)
			continue;
		sum += held_by(c);
		running++;
	}
	return running > 0 ? (sum + running - 1) / running : 0;
}

/* The count of workers that a part's containers were started with, which need not be the file's; 0: they do not say. */
int64_t beside_started_workers(const struct planning *in, size_t part)
{
	const struct stack_service *s = part_of(in->stack, part);
	const struct machine *m = in->machine;
	int64_t most = 0;

	for (size_t i = 0; s && i < m->containers.count; i++)
		if (is_container_of(&m->containers.items[i], s))
			most = max_i64(most, m->containers.items[i].workers);
	return most;
}

/* A program that was started a moment ago has not loaded all that it will hold. */
#define SETTLED_SECONDS 900

/* Have all containers of a part run for long enough to show what it uses? One whose age cannot be told has. */
bool beside_is_settled(const struct planning *in, size_t part)
{
	const struct stack_service *s = part_of(in->stack, part);

	for (size_t i = 0; s && i < in->machine->containers.count; i++) {
		const struct machine_container *c = &in->machine->containers.items[i];

		if (is_container_of(c, s) && c->age_seconds > 0 && c->age_seconds < SETTLED_SECONDS)
			return false;
	}
	return s != NULL;
}

/* What the containers of the planned services use now, in RAM and in swap; unknown if it is so of one of them. */
struct fact beside_planned_use(const struct planning *in, const struct plan *p)
{
	int64_t sum = 0;

	for (size_t k = 0; k < in->services->count; k++) {
		const struct stack_service *s = p->services[k].in ? part_of(in->stack, k) : NULL;

		for (size_t i = 0; s && i < in->machine->containers.count; i++) {
			const struct machine_container *c = &in->machine->containers.items[i];

			if (is_container_of(c, s) && c->use.confidence == FACT_UNKNOWN)
				return c->use;
			sum += is_container_of(c, s) ? need_of(c) : 0;
		}
	}
	return fact_exact(sum, in->machine->ram.gateway.source);
}

/* Is there something whose use nobody knows? */
bool beside_is_incomplete(const struct beside *b)
{
	return b->unknown_count + b->others_unknown + b->parts_unknown > 0;
}

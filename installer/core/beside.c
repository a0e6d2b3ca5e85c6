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
		[BESIDE_MODEL] = N_("from the cost model"),
		[BESIDE_USUAL] = N_("usual use"),
		[BESIDE_UNKNOWN] = N_("not known"),
	};

	ALL_NAMED(texts, BESIDE_SOURCE_COUNT);
	return _(texts[s]);
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

static void from_usual(const struct usual_cost *usual, struct beside_row *row)
{
	if (usual && usual->idle_mib > 0) {
		row->source = BESIDE_USUAL;
		row->expected_mib = usual->idle_mib * row->copies;
		row->from = usual->source;
	} else if (usual) {
		row->from = usual->depends_on ? usual->depends_on : usual->unknown;
	}
}

/* Another one of a part, such as a second gateway: nobody knows its count of workers, so it gets the planned one. */
static void from_model(const struct planning *in, int64_t workers, struct beside_row *row)
{
	row->source = BESIDE_MODEL;
	row->expected_mib = cost_expected_at(&in->model->services[row->service->like], workers) * row->copies;
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
	} else if (s->reservation_mib > 0) {
		row.source = BESIDE_RESERVATION;
		/* A reservation is the least of it. */
		row.expected_mib = max_i64(s->reservation_mib, s->usual ? s->usual->idle_mib : 0) * copies;
	} else if (s->like != NO_SERVICE) {
		from_model(in, workers, &row);
	} else {
		from_usual(s->usual, &row);
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

/* Containers of anybody else, and those of this stack whose service is not in its files any more. */
static void add_others(const struct planning *in, struct beside *b)
{
	const struct machine *m = in->machine;

	for (size_t i = 0; i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (c->ours && (!in->stack || in->stack->service_count == 0 || is_of_stack(in->stack, c)))
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

/* Counts what is not planned: services of the stack that play no part, and other containers. */
void plan_beside(const struct planning *in, int64_t workers, struct beside *ret)
{
	const struct stack_images *stack = in->stack;
	size_t count = stack ? stack->service_count : 0;
	struct beside_row *rows = arena_array(in->arena, count + 1, sizeof(*rows));

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < count; i++) {
		const struct stack_service *s = &stack->services[i];
		struct beside_row *row = &rows[ret->count];
		int64_t now;

		/* As long as nobody has said which of several is the part, each could be it. */
		if (s->part != NO_SERVICE || (!stack->known && s->like != NO_SERVICE))
			continue;
		/* What the files would not start may run all the same, by a profile or by hand. */
		if (!runs(s) && !measured(in->machine, s, &now))
			continue;
		*row = row_of(in, workers, s);
		ret->count++;
		ret->expected_mib += row->expected_mib;
		ret->peak_mib += max_i64(row->limit_mib, row->expected_mib);
		ret->unknown_count += row->source == BESIDE_UNKNOWN;
		ret->unlimited_count += row->limit_mib == 0 ? (size_t)row->copies : 0;
	}
	ret->rows = rows;
	add_others(in, ret);
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
	/* One that is not started now gets its sizes for the time when it is, and counts with them. */
	if (s)
		return max_i64(1, s->copies);
	return 0;
}

/* What a part of the stack uses now, all its copies; false if it does not run or cannot be told. */
bool beside_measured(const struct planning *in, size_t part, int64_t *ret)
{
	const struct stack_service *s = part_of(in->stack, part);

	return s && measured(in->machine, s, ret);
}

/* Is there something whose use nobody knows? */
bool beside_is_incomplete(const struct beside *b)
{
	return b->unknown_count + b->others_unknown > 0;
}

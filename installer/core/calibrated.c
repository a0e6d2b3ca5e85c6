/* SPDX-License-Identifier: MIT */
#include "core/calibrated.h"

#include <string.h>

#include "core/units.h"

/* Docker takes no less (moby, daemon_unix.go). */
#define LEAST_MIB 6

/*
 * Moves a line so that it is `mib` at these workers. The slope stays, for nobody measured another. With fewer workers
 * it is not less than it was there with one, nor more than `mib`.
 */
static void move_line(struct cost_line *line, int64_t workers, int64_t mib)
{
	const int64_t one = cost_line_at(line, 1);

	mib = max_i64(mib, LEAST_MIB);
	line->base_mib = mib - line->per_worker_mib * workers;
	line->floor_mib = min_i64(mib, max_i64(one, LEAST_MIB));
}

static void move_table(struct arena *a, struct cost_service *c, int64_t workers, int64_t mib)
{
	const int64_t by = mib - cost_expected_at(c, workers);
	struct cost_point *points;

	if (c->table_count == 0)
		return;
	points = arena_array(a, c->table_count, sizeof(*points));
	/* So much less that the other points would be nothing: this one is all that is known. */
	if (c->table[0].mib + by < LEAST_MIB) {
		points[0] = (struct cost_point){workers, max_i64(LEAST_MIB, mib), c->table[0].source};
		c->table = points;
		c->table_count = 1;
		return;
	}
	for (size_t i = 0; i < c->table_count; i++) {
		points[i] = c->table[i];
		points[i].mib += by;
	}
	c->table = points;
}

/* Does every limit hold the reservation and the start with that many workers? */
static bool holds(const struct cost_service *c)
{
	for (int64_t w = 1; w <= MAX_WORKERS; w++)
		if (cost_line_at(&c->limit, w) < cost_line_at(&c->reservation, w) ||
		    cost_line_at(&c->limit, w) < cost_line_at(&c->start_peak, w))
			return false;
	return true;
}

static void move_one(struct arena *a, struct cost_service *c, const struct calibrated *to)
{
	const int64_t w = to->workers, reserved = min_i64(cost_line_at(&c->reservation, w), to->expected_mib);
	const int64_t start =
		min_i64(to->start_mib > 0 ? to->start_mib : cost_line_at(&c->start_peak, w), to->limit_mib);

	move_table(a, c, w, to->expected_mib);
	move_line(&c->expected, w, to->expected_mib);
	move_line(&c->reservation, w, min_i64(reserved, to->limit_mib));
	move_line(&c->limit, w, to->limit_mib);
	if (cost_line_at(&c->start_peak, w) > 0)
		move_line(&c->start_peak, w, start);
	/* Slopes may cross where nobody measured: there the limit stays what it is here. */
	if (!holds(c))
		c->limit.floor_mib = to->limit_mib;
	if (!holds(c)) {
		c->reservation = (struct cost_line){min_i64(reserved, to->limit_mib), 0, 0};
		c->start_peak = (struct cost_line){0, 0, 0};
	}
}

/*
 * Moves the figures that the plan was made with, those of the service or of one of its variants, and leaves the others.
 * costs is changed in place; what it points to is copied.
 */
void calibrated_move(struct arena *a, struct cost_service *costs, const struct calibrated *to)
{
	struct cost_variant *all = arena_array(a, costs->variant_count + 1, sizeof(*all));

	if (costs->variant_count > 0)
		memcpy(all, costs->variants, costs->variant_count * sizeof(*all));
	costs->variants = all;
	for (size_t i = 0; i < costs->variant_count && cost_expected_at(costs, to->workers) != to->model_mib; i++)
		if (cost_expected_at(&all[i].costs, to->workers) == to->model_mib) {
			move_one(a, &all[i].costs, to);
			return;
		}
	move_one(a, costs, to);
}

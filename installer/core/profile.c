#include "core/profile.h"

#include <string.h>

#include "core/units.h"

const char *service_name(enum service s)
{
	static const char *const names[] = {
		[SERVICE_LITELLM] = "litellm",
		[SERVICE_OPEN_WEBUI] = "open-webui",
		[SERVICE_POSTGRES] = "postgres",
		[SERVICE_NGINX] = "nginx",
	};

	ALL_NAMED(names, SERVICE_COUNT);

	return names[s];
}

/* Looks a profile up by its exact name; NULL where there is none. */
const struct profile *profile_find(const struct profile_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (STR_EQ(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/* Looks a cost model up by its exact name; NULL where there is none. */
const struct cost_model *cost_model_find(const struct cost_model_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (STR_EQ(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/* MiB for a number of workers by the line alone. */
int64_t cost_line_at(const struct cost_line *line, int64_t workers)
{
	return max_i64(line->floor_mib, line->base_mib + line->per_worker_mib * workers);
}

static int64_t between(const struct cost_point *low, const struct cost_point *high, int64_t workers)
{
	int64_t span = high->workers - low->workers;

	return low->mib + (high->mib - low->mib) * (workers - low->workers) / span;
}

/*
 * Expected use in MiB for a number of workers. A measured table goes before the line: between two points it is
 * interpolated, beyond the last point each further worker costs what the line says, below the first point the
 * first point holds.
 */
int64_t cost_expected_at(const struct cost_service *s, int64_t workers)
{
	const struct cost_point *last;

	if (s->table_count == 0)
		return cost_line_at(&s->expected, workers);
	if (workers <= s->table[0].workers)
		return s->table[0].mib;
	for (size_t i = 1; i < s->table_count; i++)
		if (workers <= s->table[i].workers)
			return between(&s->table[i - 1], &s->table[i], workers);
	last = &s->table[s->table_count - 1];
	return last->mib + s->expected.per_worker_mib * (workers - last->workers);
}

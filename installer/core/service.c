/* SPDX-License-Identifier: MIT */
#include "core/service.h"

#include <string.h>

#include "core/units.h"

/* Index of the service with exactly this name; NO_SERVICE: none. */
size_t service_find(const struct service_set *set, const char *name)
{
	for (size_t s = 0; s < set->count; s++)
		if (STR_EQ(set->items[s].name, name))
			return s;
	return NO_SERVICE;
}

/* Index of the service that plays the part; NO_SERVICE: none. */
size_t service_by_part(const struct service_set *set, enum service_part part)
{
	for (size_t s = 0; s < set->count; s++)
		if (set->items[s].part == part)
			return s;
	return NO_SERVICE;
}

/* The service whose image the helper of that name runs; NO_SERVICE: it is no helper. */
size_t service_helped(const struct service_set *set, const char *helper)
{
	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].helper_count; i++)
			if (STR_EQ(set->items[s].helpers[i], helper))
				return s;
	return NO_SERVICE;
}

/*
 * The service that a block of a compose file by that name is for: the one that is called so, or the one that a helper
 * of that name helps. NO_SERVICE: neither is known.
 */
size_t service_of_block(const struct service_set *set, const char *name, bool *ret_helper)
{
	const size_t helped = service_helped(set, name);

	*ret_helper = helped != NO_SERVICE;
	return *ret_helper ? helped : service_find(set, name);
}

/* Upper bound of the owned values of one service. */
size_t service_owned_of(const struct service *s)
{
	return VALUES_OF_A_SERVICE + s->owned_count + s->piece_count + s->file_count + s->helper_count;
}

/* Upper bound of the owned values of a stack with all services. */
size_t service_owned_most(const struct service_set *set)
{
	size_t most = 0;

	for (size_t s = 0; s < set->count; s++)
		most += service_owned_of(&set->items[s]);
	return most;
}

/* The i-th secret over all services, and its service's index if ret_service is not NULL; NULL past the last one. */
const struct service_secret *service_secret(const struct service_set *set, size_t i, size_t *ret_service)
{
	for (size_t s = 0; s < set->count; i -= set->items[s++].secret_count) {
		if (i >= set->items[s].secret_count)
			continue;
		if (ret_service)
			*ret_service = s;
		return &set->items[s].secrets[i];
	}
	return NULL;
}

/* The secret with this key in .env; NULL: the key is no secret of ours. */
const struct service_secret *service_secret_find(const struct service_set *set, const char *key)
{
	const struct service_secret *one;

	for (size_t i = 0; (one = service_secret(set, i, NULL)); i++)
		if (STR_EQ(one->key, key))
			return one;
	return NULL;
}

/* "ghcr.io/berriai/litellm:v1" runs litellm. */
bool service_has_image(const struct service *one, const char *image)
{
	const char *slash = strrchr(image, '/'), *name = slash ? slash + 1 : image;

	for (size_t i = 0; i < one->image_count; i++)
		if (strlen(one->images[i]) == strcspn(name, ":@") &&
		    strncmp(one->images[i], name, strlen(one->images[i])) == 0)
			return true;
	return false;
}

static const struct cost_service *find_variant(const struct cost_service *s, const char *variant)
{
	for (size_t i = 0; variant && i < s->variant_count; i++)
		if (STR_EQ(s->variants[i].name, variant))
			return &s->variants[i].costs;
	return NULL;
}

/* Costs with the image of a variant; NULL, and a variant without figures of its own: the usual ones. */
const struct cost_service *cost_variant(const struct cost_service *s, const char *variant)
{
	const struct cost_service *found = find_variant(s, variant);

	return found ? found : s;
}

bool cost_has_variant(const struct cost_service *s, const char *variant)
{
	return find_variant(s, variant) != NULL;
}

/* MiB at this many workers by the line alone, without the measured table. */
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
 * Expected use in MiB at this many workers. A measured table overrides the line: values between two points are
 * interpolated, beyond the last point each further worker costs what the line says, below the first point the first
 * one holds.
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

/* SPDX-License-Identifier: MIT */
#include "core/profile.h"

#include <string.h>

const struct profile *profile_find(const struct profile_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (STR_EQ(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

const struct cost_model *cost_model_find(const struct cost_model_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (STR_EQ(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/*
 * For how many people so many workers are, in figures: as the profile says if it has so many, else as the one with the
 * most workers up to that says. NULL: nobody says it.
 */
const char *profile_people(const struct profile_set *set, const struct profile *profile, int64_t workers)
{
	const struct profile *best = NULL;

	if (profile->workers == workers)
		return profile->people;
	for (size_t i = 0; i < set->count; i++) {
		const struct profile *p = &set->items[i];

		if (p->role == ROLE_SERVER && p->people && p->workers <= workers &&
		    (!best || p->workers > best->workers))
			best = p;
	}
	return best ? best->people : NULL;
}

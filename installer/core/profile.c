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

/* SPDX-License-Identifier: MIT */
#include "changes/names.h"

#include "compose/roles.h"
#include "core/macros.h"

/*
 * An optional service that an earlier apply put in and somebody renamed. One that was always somebody else's is none of
 * vpsfit's, whatever it runs.
 */
static const char *renamed_optional(struct arena *a, const struct project *p, const struct service_set *set, size_t s,
				    const struct state *state)
{
	const char *name;

	if (set->items[s].optional_from == 0 || project_service(p, set->items[s].name))
		return NULL;
	name = roles_renamed(a, p, set, s, NULL);
	return name && (state_has_service(a, state, set->items[s].name) || state_has_service(a, state, name)) ? name
													      : NULL;
}

/* Gives the layout of vpsfit's own stack the names that its services have in the project. */
void names_follow(struct arena *a, const struct project *p, const struct service_set *set, const struct state *state,
		  struct owned_layout *layout)
{
	roles_follow(a, p, set, layout);
	for (size_t s = 0; s < set->count; s++) {
		const char *name = layout->services[s] ? renamed_optional(a, p, set, s, state) : NULL;

		if (name)
			layout->services[s] = name;
	}
}

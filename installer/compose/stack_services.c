/* SPDX-License-Identifier: MIT */
#include "compose/stack_services.h"

#include <string.h>

#include "compose/roles.h"
#include "compose/service_runs.h"

/* More than any machine has: what is beyond it is a slip, and counts as so much. */
#define MOST_MIB ((int64_t)1 << 32)

/* In MiB, at least 1 where there is a size; 0: there is none. */
static int64_t size_at(const struct yaml_node *service, const char *path, const char *old_path)
{
	const char *text = yaml_text(yaml_path(service, path));
	int64_t mib;

	text = text ? text : yaml_text(yaml_path(service, old_path));
	if (!text || !owned_mib(text, &mib))
		return 0;
	if (mib > MOST_MIB)
		return MOST_MIB;
	return mib > 0 || text[strspn(text, "0.")] == '\0' ? mib : 1;
}

/*
 * Lists the project's services in the order of its files. A layout says which of them play parts. Returns their
 * number; *ret is allocated from a.
 */
size_t stack_services(struct arena *a, const struct project *p, const struct service_set *set,
		      const struct owned_layout *layout, const struct stack_service **ret)
{
	struct stack_service *all = arena_array(a, p->service_count + 1, sizeof(*all));
	const struct ends *ends = service_ends(a, p);

	for (size_t i = 0; i < p->service_count; i++) {
		const struct project_service *s = &p->services[i];

		all[i] = (struct stack_service){
			.name = s->name,
			.part = NO_SERVICE,
			.like = NO_SERVICE,
			.image = yaml_text(yaml_path(s->node, "image")),
			.copies = service_copies(s->node),
			.active = s->active,
			.limit_mib = size_at(s->node, "deploy/resources/limits/memory", "mem_limit"),
			.reservation_mib = size_at(s->node, "deploy/resources/reservations/memory", "mem_reservation"),
			.one_shot = service_is_ending(ends, s->name, s->node)};
		for (size_t k = 0; k < set->count; k++) {
			if (layout->services[k] && STR_EQ(layout->services[k], s->name))
				all[i].part = k;
			else if (all[i].like == NO_SERVICE && roles_is_like(a, s->name, s->node, set, k))
				all[i].like = k;
		}
		if (all[i].part != NO_SERVICE)
			all[i].like = NO_SERVICE;
	}
	*ret = all;
	return p->service_count;
}

/* SPDX-License-Identifier: MIT */
#include "compose/stack_services.h"

#include <string.h>

#include "compose/project_index.h"
#include "compose/roles.h"
#include "core/units.h"

struct stack_waits {
	struct text_index names;
};

static const char *text_at(const struct yaml_node *service, const char *path)
{
	const struct yaml_node *n = yaml_path(service, path);

	return yaml_is_scalar(n) ? n->value : NULL;
}

static bool is_waited_for(const struct yaml_node *dependency)
{
	const char *condition = text_at(dependency, "condition");

	return condition && STR_EQ(condition, "service_completed_successfully");
}

/* Collects the services for whose end another one waits. */
const struct stack_waits *stack_waits(struct arena *a, const struct project *p)
{
	struct stack_waits *w = arena_alloc(a, sizeof(*w));

	w->names = index_new(a, p->service_count);
	for (size_t i = 0; i < p->service_count; i++) {
		const struct yaml_node *on = yaml_get(p->services[i].node, "depends_on");

		for (size_t k = 0; on && on->kind == YAML_MAPPING && k + 1 < on->count; k += 2)
			if (is_waited_for(on->items[k + 1]) && project_service(p, on->items[k]->value))
				index_add(&w->names, on->items[k]->value, 0);
	}
	return w;
}

/* Does the service end when its work is done? `restart: "no"` alone does not say so. */
bool stack_service_ends(const struct stack_waits *waits, const char *name, const struct yaml_node *service)
{
	const char *mode = text_at(service, "deploy/mode");
	size_t unused;

	return index_find(&waits->names, name, &unused) ||
	       (mode && (STR_EQ(mode, "replicated-job") || STR_EQ(mode, "global-job")));
}

static bool count_at(const struct yaml_node *service, const char *path, int64_t *ret)
{
	const char *text = text_at(service, path);
	uint64_t n;

	if (!text || !parse_uint(text, INT64_MAX, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

/* How many containers of it Compose starts (compose-spec: `scale` and `deploy.replicas`; 1 if neither is there). */
int64_t stack_service_copies(const struct yaml_node *service)
{
	const char *mode = text_at(service, "deploy/mode");
	int64_t n;

	/* One a node, and Compose has one node. */
	if (mode && strncmp(mode, "global", 6) == 0)
		return 1;
	return count_at(service, "scale", &n) || count_at(service, "deploy/replicas", &n) ? n : 1;
}

/* In MiB, at least 1 where there is a size; 0: there is none. */
static int64_t size_at(const struct yaml_node *service, const char *path, const char *old_path)
{
	const char *text = text_at(service, path);
	int64_t mib;

	text = text ? text : text_at(service, old_path);
	if (!text || !owned_mib(text, &mib))
		return 0;
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
	const struct stack_waits *waits = stack_waits(a, p);

	for (size_t i = 0; i < p->service_count; i++) {
		const struct project_service *s = &p->services[i];

		all[i] = (struct stack_service){
			.name = s->name,
			.part = NO_SERVICE,
			.like = NO_SERVICE,
			.image = text_at(s->node, "image"),
			.copies = stack_service_copies(s->node),
			.active = s->active,
			.limit_mib = size_at(s->node, "deploy/resources/limits/memory", "mem_limit"),
			.reservation_mib =
				size_at(s->node, "deploy/resources/reservations/memory", "mem_reservation"),
			.one_shot = stack_service_ends(waits, s->name, s->node)};
		for (size_t k = 0; k < set->count; k++) {
			if (layout->services[k] && STR_EQ(layout->services[k], s->name))
				all[i].part = k;
			else if (all[i].like == NO_SERVICE && roles_is_like(a, s->name, s->node, &set->items[k]))
				all[i].like = k;
		}
		if (all[i].part != NO_SERVICE)
			all[i].like = NO_SERVICE;
	}
	*ret = all;
	return p->service_count;
}

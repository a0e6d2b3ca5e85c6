/* SPDX-License-Identifier: MIT */
#include "compose/service_runs.h"

#include <string.h>

#include "compose/project_index.h"
#include "core/units.h"

struct ends {
	struct text_index names;
};

static bool is_waited_for(const struct yaml_node *dependency)
{
	const char *condition = yaml_text(yaml_path(dependency, "condition"));

	return condition && STR_EQ(condition, "service_completed_successfully");
}

/* Collects the services for whose end another one waits. */
const struct ends *service_ends(struct arena *a, const struct project *p)
{
	struct ends *w = arena_alloc(a, sizeof(*w));

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
bool service_is_ending(const struct ends *ends, const char *name, const struct yaml_node *service)
{
	const char *mode = yaml_text(yaml_path(service, "deploy/mode"));
	size_t unused;

	return index_find(&ends->names, name, &unused) ||
	       (mode && (STR_EQ(mode, "replicated-job") || STR_EQ(mode, "global-job")));
}

/* Do the files say that nobody starts it again? That is the default as well, which says nothing. */
bool service_is_never_restarted(const struct yaml_node *service)
{
	const char *restart = yaml_text(yaml_get(service, "restart"));
	const char *condition = yaml_text(yaml_path(service, "deploy/restart_policy/condition"));

	return (restart && (STR_EQ(restart, "no") || STR_EQ(restart, "false"))) ||
	       (condition && STR_EQ(condition, "none"));
}

/* More than any engine runs: a larger number is a slip, and counts as so many. */
#define MOST_COPIES 10000

static bool count_at(const struct yaml_node *service, const char *path, int64_t *ret)
{
	const char *text = yaml_text(yaml_path(service, path));
	uint64_t n;

	if (!text || !parse_uint(text, INT64_MAX, &n))
		return false;
	*ret = n > MOST_COPIES ? MOST_COPIES : (int64_t)n;
	return true;
}

/* How many containers of it Compose starts (compose-spec: `scale` and `deploy.replicas`; 1 if neither is there). */
int64_t service_copies(const struct yaml_node *service)
{
	const char *mode = yaml_text(yaml_path(service, "deploy/mode"));
	int64_t n;

	/* One a node, and Compose has one node. */
	if (mode && strncmp(mode, "global", 6) == 0)
		return 1;
	return count_at(service, "scale", &n) || count_at(service, "deploy/replicas", &n) ? n : 1;
}

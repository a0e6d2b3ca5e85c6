/* SPDX-License-Identifier: MIT */
/* A document as a project of its own, without variables, merges or profiles. */
#ifndef VPSFIT_FUZZ_ALONE_H
#define VPSFIT_FUZZ_ALONE_H

#include "compose/project.h"

static struct project alone(struct arena *a, const struct yaml_doc *doc)
{
	const struct yaml_node *services = doc->root ? yaml_get(doc->root, "services") : NULL;
	struct project p = {.dir = "/", .doc = doc};
	size_t count = services && services->kind == YAML_MAPPING ? services->count : 0;

	p.services = arena_array(a, count + 1, sizeof(*p.services));
	for (size_t i = 0; i + 1 < count; i += 2)
		if (yaml_is_scalar(services->items[i]))
			p.services[p.service_count++] = (struct project_service){
				.name = services->items[i]->value, .node = services->items[i + 1], .active = true};
	return p;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Reads a cost model: a document with `kind: cost-model`. profiles/README.md describes the keys. */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/units.h"

#define AT(member) offsetof(struct cost_model, member)

/* A cost model being read. The model must come first: the table's offsets are relative to it. */
struct reading {
	struct cost_model model;
	const struct service_set *services;
};

_Static_assert(offsetof(struct reading, model) == 0, "the keys are read into the model itself");

/* For a service of another version, or a mistyped name: reads the figures only to report errors in them. */
static int read_stranger(const struct fields_reader *r, const char *name, const struct yaml_node *node,
			 struct cost_model *m)
{
	struct cost_service unused = {.table_count = 0};

	m->strangers = m->strangers ? arena_printf(r->arena, "%s, %s", m->strangers, name) : name;
	return read_costs(r, node, &unused);
}

static int read_services(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct reading *in = object;
	int result = 0;

	if (node->kind != YAML_MAPPING)
		return field_error(r, node, _("%s must be a mapping of keys to values"), "services");
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		const char *name;
		size_t s;

		if (field_name(r, node->items[i], &name) < 0) {
			result = -EINVAL;
			continue;
		}
		s = service_find(in->services, name);
		if (s != NO_SERVICE)
			in->model.measured[s] = true;
		if ((s == NO_SERVICE ? read_stranger(r, name, node->items[i + 1], &in->model)
				     : read_costs(r, node->items[i + 1], &in->model.services[s])) < 0)
			result = -EINVAL;
	}
	return result;
}

/* Release lines by service. One that is not known here is of another version, as below `services`. */
static int read_lines(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct reading *in = object;
	int result = 0;

	if (node->kind != YAML_MAPPING)
		return field_error(r, node, _("%s must be a mapping of keys to values"), "images");
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		const char *name, *line = NULL;
		struct image_version v;
		size_t s;

		if (field_name(r, node->items[i], &name) < 0 || field_name(r, node->items[i + 1], &line) < 0) {
			result = -EINVAL;
			continue;
		}
		if (!image_version(line, &v) || v.rest[0])
			result = field_error(r, node->items[i + 1],
					     _("a release line is expected here, in quotes, such as \"1.110\""));
		s = service_find(in->services, name);
		if (s != NO_SERVICE)
			in->model.images[s] = line;
	}
	return result;
}

/* Adds the variants that the model does not have. */
static void add_variants(struct arena *a, struct cost_service *costs, const struct cost_service *from)
{
	struct cost_variant *all = arena_array(a, costs->variant_count + from->variant_count + 1, sizeof(*all));
	size_t n = costs->variant_count;

	if (n > 0)
		memcpy(all, costs->variants, n * sizeof(*all));
	for (size_t i = 0; i < from->variant_count; i++)
		if (!cost_has_variant(costs, from->variants[i].name))
			all[n++] = from->variants[i];
	costs->variants = all;
	costs->variant_count = n;
}

/*
 * Services without figures in the model cost what their own files say; so do variants. Whether the model itself has
 * figures of a service's smaller image is kept: nothing is chosen by figures of another source.
 */
static void fill_in(struct arena *a, struct reading *in)
{
	for (size_t s = 0; s < in->services->count; s++) {
		const struct service *one = &in->services->items[s];
		struct cost_service *costs = &in->model.services[s];

		in->model.knows_smaller[s] = cost_has_variant(costs, one->smaller.variant);
		if (!in->model.measured[s])
			*costs = one->costs;
		else
			add_variants(a, costs, &one->costs);
	}
}

#define SYSTEM_AT(class) (sizeof(int64_t) * (class))

static const struct field system_fields[] = {
	{"lightweight", FIELD_MIB, SYSTEM_AT(DISTRO_LIGHTWEIGHT), true, NULL, NULL,
	 "Alpine, Debian minimal, Ubuntu Server minimal"},
	{"typical", FIELD_MIB, SYSTEM_AT(DISTRO_TYPICAL), true, NULL, NULL, "a server distribution as it is sold"},
	{"desktop", FIELD_MIB, SYSTEM_AT(DISTRO_DESKTOP), true, NULL, NULL, "with a desktop session"},
};

static int read_system(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_model *m = object;

	return fields_read(r, node, "system", system_fields, ARRAY_SIZE(system_fields), m->system_mib);
}

static const struct field point_fields[] = {
	{"cores", FIELD_COUNT, offsetof(struct throughput_point, cores), true, NULL, NULL,
	 "cores that LiteLLM could use"},
	{"workers", FIELD_COUNT, offsetof(struct throughput_point, workers), true, NULL, NULL,
	 "number of LiteLLM workers"},
	{"requests_per_minute", FIELD_COUNT, offsetof(struct throughput_point, requests_per_minute), true, NULL, NULL,
	 "answered completions, with a provider that answers at once"},
};

static int read_points(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	static const struct list_of points = {N_("a point"), point_fields, ARRAY_SIZE(point_fields),
					      sizeof(struct throughput_point), MAX_THROUGHPUT_POINTS};
	struct throughput *t = object;
	const void *items;

	if (fields_read_list(r, node, &points, &items, &t->count) < 0)
		return -EINVAL;
	t->points = items;
	return 0;
}

static const struct field throughput_fields[] = {
	{"measured_on", FIELD_TEXT, offsetof(struct throughput, measured_on), true, NULL, NULL, "date and processor"},
	{"table", FIELD_CUSTOM, 0, true, NULL, read_points, "a list of measured points"},
};

static int read_throughput(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_model *m = object;

	return fields_read(r, node, "throughput", throughput_fields, ARRAY_SIZE(throughput_fields), &m->throughput);
}

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static const char *const page_cache_words[] = {"unknown", "counted", "left-out", NULL};

static const struct field model_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, ignore_kind, "the word cost-model"},
	{"name", FIELD_NAME, AT(name), true, NULL, NULL, "what --cost-model takes"},
	{"date", FIELD_TEXT, AT(date), true, NULL, NULL, "when it was measured"},
	{"source", FIELD_TEXT, AT(source), true, NULL, NULL, "where the figures come from"},
	{"measured_on", FIELD_TEXT, AT(measured_on), true, NULL, NULL, "the machine, and what ran on it"},
	{"machine", FIELD_TEXT, AT(machine), false, NULL, NULL,
	 "of vpsfit calibrate: a hash of the machine's id; on another machine the model is not taken by itself"},
	{"services", FIELD_CUSTOM, 0, true, NULL, read_services,
	 "a mapping for each service that was measured, by its name"},
	{"images", FIELD_CUSTOM, 0, false, NULL, read_lines,
	 "the release line of each image that it was measured with, by service: \"1.110\" for a tag v1.110.2; a stack that runs "
	 "these is planned with this model where nobody asks for another"},
	{"engine_mib", FIELD_MIB, AT(engine_mib), true, NULL, NULL, "Docker's own daemons"},
	{"system_mib", FIELD_CUSTOM, 0, true, NULL, read_system, "the distribution's own footprint by class"},
	{"page_cache", FIELD_WORD, AT(page_cache), false, page_cache_words, NULL, "is it part of system_mib?"},
	{"pool_per_worker", FIELD_COUNT, AT(pool_per_worker), true, NULL, NULL,
	 "database connections of each LiteLLM worker"},
	{"reserve_connections", FIELD_COUNT, AT(reserve_connections), true, NULL, NULL,
	 "added to workers times pool for PostgreSQL's max_connections"},
	{"official_worker_mib", FIELD_MIB, AT(official_worker_mib), false, NULL, NULL,
	 "what LiteLLM's makers advise for each worker"},
	{"official_source", FIELD_TEXT, AT(official_source), false, NULL, NULL, "where they say so"},
	{"throughput", FIELD_CUSTOM, 0, false, NULL, read_throughput,
	 "requests that LiteLLM answered, by cores and workers"},
};

static int check_services(const struct fields_reader *r, const struct reading *in)
{
	const struct yaml_node *services = yaml_get(r->doc->root, "services");

	for (size_t s = 0; s < in->services->count; s++)
		if (in->model.measured[s] &&
		    check_costs(r, yaml_get(services, in->services->items[s].name), &in->model.services[s]) < 0)
			return -EINVAL;
	return 0;
}

/* Reads a cost model and adds it, or replaces one of the same name. Returns 0, or -EINVAL with errors in diags. */
int read_cost_model(const struct fields_reader *r, const struct service_set *services, struct cost_model_set *set)
{
	struct reading in = {{.file = r->doc->name}, services};
	const struct cost_model *same;

	if (fields_read(r, r->doc->root, _("a cost model"), model_fields, ARRAY_SIZE(model_fields), &in) < 0 ||
	    check_services(r, &in) < 0)
		return -EINVAL;
	fill_in(r->arena, &in);
	same = cost_model_find(set, in.model.name);
	if (same) {
		set->items[same - set->items] = in.model;
		return 0;
	}
	if (set->count == MAX_COST_MODELS)
		return field_error(r, r->doc->root, _("there are more than %d cost models; this one was not read"),
				   MAX_COST_MODELS);
	set->items[set->count++] = in.model;
	return 0;
}

const struct field_group cost_model_groups[] = {
	{"cost-model", "A cost model", model_fields, ARRAY_SIZE(model_fields)},
	{"system", "system_mib", system_fields, ARRAY_SIZE(system_fields)},
	{"throughput", "throughput", throughput_fields, ARRAY_SIZE(throughput_fields)},
	{"throughput-point", "A point of throughput", point_fields, ARRAY_SIZE(point_fields)},
};
const size_t cost_model_group_count = ARRAY_SIZE(cost_model_groups);

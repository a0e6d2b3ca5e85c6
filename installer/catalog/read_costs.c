/* SPDX-License-Identifier: MIT */
/* What a service costs: the same keys in a cost model and in a service's own file. */
#include <stddef.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/units.h"

static const struct field line_fields[] = {
	{"base_mib", FIELD_MIB, offsetof(struct cost_line, base_mib), true, NULL, NULL,
	 "what is there without any worker"},
	{"per_worker_mib", FIELD_MIB, offsetof(struct cost_line, per_worker_mib), false, NULL, NULL,
	 "what each worker adds"},
	{"at_least_mib", FIELD_MIB, offsetof(struct cost_line, floor_mib), false, NULL, NULL, "never less than this"},
};

static int read_line(const struct fields_reader *r, const struct yaml_node *node, const char *what,
		     struct cost_line *line)
{
	*line = (struct cost_line){0, 0, 0};
	if (yaml_is_scalar(node))
		return field_mib(r, node, &line->base_mib);
	return fields_read(r, node, what, line_fields, ARRAY_SIZE(line_fields), line);
}

static int read_expected(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	return read_line(r, node, "expected", &((struct cost_service *)object)->expected);
}

static int read_reservation(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	return read_line(r, node, "reservation", &((struct cost_service *)object)->reservation);
}

static int read_limit(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	return read_line(r, node, "limit", &((struct cost_service *)object)->limit);
}

static int read_start_peak(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	return read_line(r, node, "start_peak", &((struct cost_service *)object)->start_peak);
}

static const struct field point_fields[] = {
	{"workers", FIELD_COUNT, offsetof(struct cost_point, workers), true, NULL, NULL, "number of LiteLLM workers"},
	{"mib", FIELD_MIB, offsetof(struct cost_point, mib), true, NULL, NULL,
	 "what was measured with so many workers"},
	{"source", FIELD_TEXT, offsetof(struct cost_point, source), true, NULL, NULL,
	 "where the measurement comes from"},
};

/* Points are allocated apart: most services have none. */
static int read_table(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_service *s = object;
	struct cost_point *points;

	if (node->kind != YAML_SEQUENCE || node->count > MAX_COST_POINTS)
		return field_error(r, node, _("a list of at most %d points is expected here"), MAX_COST_POINTS);
	points = arena_alloc(r->arena, node->count * sizeof(*points));
	for (size_t i = 0; i < node->count; i++) {
		struct cost_point *p = &points[i];

		if (fields_read(r, node->items[i], _("a point"), point_fields, ARRAY_SIZE(point_fields), p) < 0)
			return -EINVAL;
		if (p->workers < 1 || (i > 0 && (p->workers <= p[-1].workers || p->mib < p[-1].mib)))
			return field_error(r, node->items[i],
					   _("points go by rising worker count, and never cost less"));
	}
	s->table = points;
	s->table_count = node->count;
	return 0;
}

/* Keys of a variant are those of the service itself, but for variants of its own. */
static int read_variants(const struct fields_reader *r, const struct yaml_node *node, void *object);

static const struct field costs_fields[] = {
	{"expected", FIELD_CUSTOM, 0, true, NULL, read_expected, "use when idle: a size, or a line"},
	{"reservation", FIELD_CUSTOM, 0, true, NULL, read_reservation,
	 "memory kept for the service: a size, or a line"},
	{"limit", FIELD_CUSTOM, 0, true, NULL, read_limit,
	 "memory it never exceeds: a size, or a line; never below the expected use"},
	{"start_peak", FIELD_CUSTOM, 0, false, NULL, read_start_peak,
	 "what the service needs while it starts, where that is more: a size, or a line"},
	{"table", FIELD_CUSTOM, 0, false, NULL, read_table, "a list of measured points; goes before expected"},
	{"error_percent", FIELD_COUNT, offsetof(struct cost_service, error_percent), false, NULL, NULL,
	 "how far the expected use may be off, as runs of the same stack differ"},
	{"variants", FIELD_CUSTOM, 0, false, NULL, read_variants,
	 "what it costs with another image of the same release: for each variant of templates/images.yaml a mapping with these keys, "
	 "this one aside; where a cost model has none, those of the service's own file hold"},
};

/* Without `variants`, which is the last key. */
#define PLAIN_COSTS (ARRAY_SIZE(costs_fields) - 1)

static int read_variants(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_service *s = object;
	struct cost_variant *all;

	if (node->kind != YAML_MAPPING || node->count / 2 > MAX_COST_VARIANTS)
		return field_error(r, node, _("a mapping of at most %d variants is expected here"), MAX_COST_VARIANTS);
	all = arena_array(r->arena, MAX_COST_VARIANTS, sizeof(*all));
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		struct cost_variant *v = &all[i / 2];

		*v = (struct cost_variant){.name = NULL};
		if (field_name(r, node->items[i], &v->name) < 0 ||
		    fields_read(r, node->items[i + 1], _("a variant"), costs_fields, PLAIN_COSTS, &v->costs) < 0)
			return -EINVAL;
	}
	s->variants = all;
	s->variant_count = node->count / 2;
	return 0;
}

int read_costs(const struct fields_reader *r, const struct yaml_node *node, struct cost_service *ret)
{
	return fields_read(r, node, _("a service"), costs_fields, ARRAY_SIZE(costs_fields), ret);
}

/* Docker refuses a container limit below this (moby, daemon_unix.go). */
#define ENGINE_MINIMUM_MIB 6

static int check_limits(const struct fields_reader *r, const struct yaml_node *node, const struct cost_service *c)
{
	for (int64_t workers = 1; workers <= MAX_WORKERS; workers++) {
		int64_t limit = cost_line_at(&c->limit, workers);
		int64_t reservation = cost_line_at(&c->reservation, workers);

		if (limit >= ENGINE_MINIMUM_MIB && reservation >= ENGINE_MINIMUM_MIB && reservation <= limit)
			continue;
		return field_error(r, node,
				   _("at %lld workers the reservation is %lld MiB and the limit %lld: "
				     "Docker wants at least %d, and no reservation above its limit"),
				   (long long)workers, (long long)reservation, (long long)limit, ENGINE_MINIMUM_MIB);
	}
	return 0;
}

/* With a limit below the start peak, the container is killed before it is up, again and again. */
static int check_start_peaks(const struct fields_reader *r, const struct yaml_node *node, const struct cost_service *c)
{
	for (int64_t workers = 1; workers <= MAX_WORKERS; workers++) {
		int64_t limit = cost_line_at(&c->limit, workers);
		int64_t peak = cost_line_at(&c->start_peak, workers);

		if (limit >= peak)
			continue;
		return field_error(r, node,
				   _("at %lld workers the limit is %lld MiB, under the start-up peak of %lld: "
				     "it would be killed while it starts"),
				   (long long)workers, (long long)limit, (long long)peak);
	}
	return 0;
}

static int check_one(const struct fields_reader *r, const struct yaml_node *node, const struct cost_service *costs)
{
	return check_limits(r, node, costs) < 0 ? -EINVAL : check_start_peaks(r, node, costs);
}

/* Does Docker accept the limits at every worker count, do they hold the start peaks? 0, or -EINVAL with an error. */
int check_costs(const struct fields_reader *r, const struct yaml_node *node, const struct cost_service *costs)
{
	const struct yaml_node *variants = yaml_get(node, "variants");
	int rc = check_one(r, node, costs);

	for (size_t i = 0; rc == 0 && i < costs->variant_count; i++)
		rc = check_one(r, yaml_get(variants, costs->variants[i].name), &costs->variants[i].costs);
	return rc;
}

const struct field_group costs_groups[] = {
	{"costs", "What a service costs", costs_fields, ARRAY_SIZE(costs_fields)},
	{"line", "A line", line_fields, ARRAY_SIZE(line_fields)},
	{"point", "A point", point_fields, ARRAY_SIZE(point_fields)},
};
const size_t costs_group_count = ARRAY_SIZE(costs_groups);

/* One cost model: a document with `kind: cost-model`. The keys are described in profiles/README.md. */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/units.h"

#define AT(member) offsetof(struct cost_model, member)

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

static int read_table(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_service *s = object;

	if (node->kind != YAML_SEQUENCE || node->count > MAX_COST_POINTS)
		return field_error(r, node, _("a list of at most %d points is expected here"), MAX_COST_POINTS);
	for (size_t i = 0; i < node->count; i++) {
		struct cost_point *p = &s->table[i];

		if (fields_read(r, node->items[i], _("a point"), point_fields, ARRAY_SIZE(point_fields), p) < 0)
			return -EINVAL;
		if (p->workers < 1 || (i > 0 && (p->workers <= p[-1].workers || p->mib < p[-1].mib)))
			return field_error(r, node->items[i],
					   _("points go by rising worker count, and never cost less"));
	}
	s->table_count = node->count;
	return 0;
}

static const struct field service_fields[] = {
	{"expected", FIELD_CUSTOM, 0, true, NULL, read_expected, "use when idle: a size, or a line"},
	{"reservation", FIELD_CUSTOM, 0, true, NULL, read_reservation,
	 "memory kept for the service: a size, or a line"},
	{"limit", FIELD_CUSTOM, 0, true, NULL, read_limit,
	 "memory it never exceeds: a size, or a line; never below the expected use"},
	{"start_peak", FIELD_CUSTOM, 0, false, NULL, read_start_peak,
	 "what the service needs while it starts, where that is more: a size, or a line"},
	{"table", FIELD_CUSTOM, 0, false, NULL, read_table, "a list of measured points; goes before expected"},
};

static int read_service(const struct fields_reader *r, const struct yaml_node *node, struct cost_service *s)
{
	return fields_read(r, node, _("a service"), service_fields, ARRAY_SIZE(service_fields), s);
}

/* One reader for each service: the table of keys needs plain functions. */
#define SERVICE_READER(fn, index)                                                                                      \
	static int fn(const struct fields_reader *r, const struct yaml_node *node, void *object)                       \
	{                                                                                                              \
		return read_service(r, node, &((struct cost_service *)object)[index]);                                 \
	}
SERVICE_READER(read_litellm, SERVICE_LITELLM)
SERVICE_READER(read_open_webui, SERVICE_OPEN_WEBUI)
SERVICE_READER(read_postgres, SERVICE_POSTGRES)
SERVICE_READER(read_nginx, SERVICE_NGINX)

static const struct field services_fields[] = {
	{"litellm", FIELD_CUSTOM, 0, true, NULL, read_litellm, "the proxy and its workers"},
	{"open-webui", FIELD_CUSTOM, 0, true, NULL, read_open_webui, "the chat interface"},
	{"postgres", FIELD_CUSTOM, 0, true, NULL, read_postgres, "the database"},
	{"nginx", FIELD_CUSTOM, 0, true, NULL, read_nginx, "the reverse proxy"},
};

static int read_services(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct cost_model *m = object;

	return fields_read(r, node, "services", services_fields, ARRAY_SIZE(services_fields), m->services);
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

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static const struct field model_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, ignore_kind, "the word cost-model"},
	{"name", FIELD_NAME, AT(name), true, NULL, NULL, "what --cost-model takes"},
	{"date", FIELD_TEXT, AT(date), true, NULL, NULL, "when it was measured"},
	{"source", FIELD_TEXT, AT(source), true, NULL, NULL, "where the figures come from"},
	{"measured_on", FIELD_TEXT, AT(measured_on), true, NULL, NULL, "the machine, and what ran on it"},
	{"services", FIELD_CUSTOM, 0, true, NULL, read_services, "four mappings, one for each service"},
	{"engine_mib", FIELD_MIB, AT(engine_mib), true, NULL, NULL, "Docker's own daemons"},
	{"system_mib", FIELD_CUSTOM, 0, true, NULL, read_system, "the distribution's own footprint by class"},
	{"pool_per_worker", FIELD_COUNT, AT(pool_per_worker), true, NULL, NULL,
	 "database connections of each LiteLLM worker"},
	{"reserve_connections", FIELD_COUNT, AT(reserve_connections), true, NULL, NULL,
	 "added to workers times pool for PostgreSQL's max_connections"},
	{"official_worker_mib", FIELD_MIB, AT(official_worker_mib), false, NULL, NULL,
	 "what LiteLLM's makers advise for each worker"},
	{"official_source", FIELD_TEXT, AT(official_source), false, NULL, NULL, "where they say so"},
};

/* Docker refuses a container limit below this (moby, daemon_unix.go). */
#define ENGINE_MINIMUM_MIB 6

static int check_limits(const struct fields_reader *r, const struct cost_model *m)
{
	for (int s = 0; s < SERVICE_COUNT; s++)
		for (int64_t workers = 1; workers <= MAX_WORKERS; workers++) {
			int64_t limit = cost_line_at(&m->services[s].limit, workers);
			int64_t reservation = cost_line_at(&m->services[s].reservation, workers);

			if (limit >= ENGINE_MINIMUM_MIB && reservation >= ENGINE_MINIMUM_MIB && reservation <= limit)
				continue;
			return field_error(r, yaml_get(yaml_get(r->doc->root, "services"), service_name(s)),
					   _("at %lld workers the reservation is %lld MiB and the limit %lld: "
					     "Docker wants at least %d, and no reservation above its limit"),
					   (long long)workers, (long long)reservation, (long long)limit,
					   ENGINE_MINIMUM_MIB);
		}
	return 0;
}

/* A limit that was seen to be too low for a start is a container that never starts. */
static int check_start_peaks(const struct fields_reader *r, const struct cost_model *m)
{
	for (int s = 0; s < SERVICE_COUNT; s++)
		for (int64_t workers = 1; workers <= MAX_WORKERS; workers++) {
			int64_t limit = cost_line_at(&m->services[s].limit, workers);
			int64_t peak = cost_line_at(&m->services[s].start_peak, workers);

			if (limit >= peak)
				continue;
			return field_error(r, yaml_get(yaml_get(r->doc->root, "services"), service_name(s)),
					   _("at %lld workers the limit is %lld MiB, under the start-up peak of %lld: "
					     "it would be killed while it starts"),
					   (long long)workers, (long long)limit, (long long)peak);
		}
	return 0;
}

/* Reads a cost model and adds it, or replaces one of the same name. 0 or -EINVAL with errors in diags. */
int read_cost_model(const struct fields_reader *r, struct cost_model_set *set)
{
	struct cost_model m = {.file = r->doc->name};
	const struct cost_model *same;

	if (fields_read(r, r->doc->root, _("a cost model"), model_fields, ARRAY_SIZE(model_fields), &m) < 0 ||
	    check_limits(r, &m) < 0 || check_start_peaks(r, &m) < 0)
		return -EINVAL;
	same = cost_model_find(set, m.name);
	if (same) {
		set->items[same - set->items] = m;
		return 0;
	}
	if (set->count == MAX_COST_MODELS)
		return field_error(r, r->doc->root, _("there are more than %d cost models; this one was not read"),
				   MAX_COST_MODELS);
	set->items[set->count++] = m;
	return 0;
}

const struct field_group cost_model_groups[] = {
	{"cost-model", "A cost model", model_fields, ARRAY_SIZE(model_fields)},
	{"services", "services", services_fields, ARRAY_SIZE(services_fields)},
	{"service", "A service", service_fields, ARRAY_SIZE(service_fields)},
	{"line", "A line", line_fields, ARRAY_SIZE(line_fields)},
	{"point", "A point", point_fields, ARRAY_SIZE(point_fields)},
	{"system", "system_mib", system_fields, ARRAY_SIZE(system_fields)},
};
const size_t cost_model_group_count = ARRAY_SIZE(cost_model_groups);

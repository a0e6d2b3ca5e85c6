/* SPDX-License-Identifier: MIT */
/* What is not planned and counts all the same: services of the stack that play no part, and other containers. */
#include "output/json_beside.h"

#include "core/units.h"
#include "output/json_machine.h"

static int64_t each(const struct beside_row *r, int64_t all_mib)
{
	const int64_t copies = max_i64(1, r->copies);

	return (all_mib + copies - 1) / copies;
}

/* A service without a figure has an expected use of null. The sizes are those of each copy, as of what is planned. */
static json_t *service(const struct beside_row *r)
{
	json_t *one = json_object();

	json_put(one, "expected_mib", json_known(each(r, r->expected_mib), r->source != BESIDE_UNKNOWN));
	json_put(one, "reservation_mib", json_null());
	json_put(one, "limit_mib", json_known(each(r, r->limit_mib), r->limit_mib > 0));
	json_put(one, "memswap_mib", json_null());
	json_put(one, "error_percent", json_null());
	json_put(one, "copies", json_integer(r->copies));
	json_put(one, "planned", json_false());
	json_put(one, "source", json_text(beside_source_name(r->source)));
	json_put(one, "from", json_text(r->from));
	return one;
}

/* Adds them to the object of planned services; the name of a part in another role gets a mark. */
void json_beside_services(const struct plan *p, json_t *services)
{
	for (size_t i = 0; i < p->beside.count; i++) {
		const struct beside_row *r = &p->beside.rows[i];
		json_t *name = json_object_get(services, r->service->name)
				       ? json_sprintf("service:%s", r->service->name)
				       : json_text(r->service->name);

		json_put(services, json_string_value(name), service(r));
		json_decref(name);
	}
}

/* The names of services that play no part, and that the files do not start: they are in no sum. */
json_t *json_not_started(const struct plan *p)
{
	json_t *names = json_array();

	for (size_t i = 0; i < p->beside.idle_count; i++)
		json_add(names, json_text(p->beside.idle[i].service->name));
	return names;
}

json_t *json_others(const struct plan *p)
{
	json_t *all = json_array();
	const struct machine_containers *list = &p->machine->containers;

	for (size_t i = 0; i < list->count; i++) {
		const struct machine_container *c = &list->items[i];
		json_t *one;

		if (c->ours)
			continue;
		one = json_object();
		json_put(one, "name", json_text(c->name));
		json_put(one, "image", json_text(c->image));
		json_put(one, "project", json_text(c->project));
		json_put(one, "use_mib", json_known(c->use.value, c->use.confidence != FACT_UNKNOWN));
		json_put(one, "limit_mib", json_known(c->limit_mib, c->limit_mib > 0));
		json_add(all, one);
	}
	return all;
}

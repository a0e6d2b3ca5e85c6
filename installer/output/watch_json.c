/* SPDX-License-Identifier: MIT */
#include "core/units.h"
#include "output/json_machine.h"
#include "output/watch_text.h"
#include "watch/window.h"

/* A figure that cannot be had is null. */
static void put_number(json_t *object, const char *key, int64_t n)
{
	json_put(object, key, json_known(n, n >= 0));
}

static void put_pressure(json_t *object, const struct watch_pressure *p)
{
	json_t *one = json_object();

	put_number(one, "some_avg10", p->some10);
	put_number(one, "some_avg60", p->some60);
	put_number(one, "some_avg300", p->some300);
	put_number(one, "full_avg10", p->full10);
	put_number(one, "full_avg60", p->full60);
	put_number(one, "full_avg300", p->full300);
	json_put(object, "pressure_percent_x100", one);
}

static json_t *machine_of(const struct watch_view *v)
{
	const struct watch_host *h = &v->sample->host;
	json_t *one = json_object();

	put_number(one, "total_kib", h->total_kib);
	put_number(one, "available_kib", h->available_kib);
	put_number(one, "swap_total_kib", h->swap_total_kib);
	put_number(one, "swap_used_kib", h->swap_used_kib);
	put_number(one, "kills", v->places->host_kills ? h->oom_kill : -1);
	put_number(one, "kills_nobody_named",
		   v->following && v->places->host_kills ? max_i64(0, v->sample->unnamed) : -1);
	put_pressure(one, &h->pressure);
	return one;
}

static const char *state_of(const struct watch_container *c)
{
	if (!c->told)
		return "unreadable";
	if (c->is.restarting)
		return "restarting";
	if (!c->is.running)
		return "stopped";
	return c->seen == WATCH_SEEN ? "running" : c->seen == WATCH_HIDDEN ? "out-of-sight" : "between-starts";
}

/* null where there are no workers, or nobody may see what each holds. */
static json_t *split_of(const struct watch_split *s)
{
	json_t *one = s && s->workers > 0 ? json_object() : json_null();

	if (!json_is_object(one))
		return one;
	put_number(one, "workers", s->workers);
	put_number(one, "each_kib", s->each_kib);
	put_number(one, "shared_kib", s->other_kib);
	return one;
}

static json_t *container_of(const struct watch_container *c, const struct watch_split *split, bool following)
{
	json_t *one = json_object();

	json_put(one, "name", json_text(c->is.name));
	json_put(one, "service", json_text(c->is.service[0] ? c->is.service : NULL));
	json_put(one, "id", json_text(c->id));
	json_put(one, "state", json_text(state_of(c)));
	put_number(one, "need_kib", c->use.need_kib);
	put_number(one, "working_set_kib", c->use.ws_kib);
	put_number(one, "limit_kib", c->use.limit_kib);
	put_number(one, "peak_kib", c->use.peak_kib);
	put_number(one, "swap_kib", c->use.swap_kib);
	put_number(one, "workers", c->is.workers);
	put_number(one, "kills", c->use.oom_kill);
	put_number(one, "limit_reached", c->use.at_limit);
	json_put(one, "first_process_killed", json_boolean(watch_first_was_killed(&c->is)));
	put_number(one, "exit_code", c->is.exit_code);
	put_number(one, "restarts", c->is.restarts);
	put_number(one, "new_kills", following ? c->kills : -1);
	put_number(one, "new_restarts", following ? c->restarted : -1);
	json_put(one, "split", split_of(split));
	put_pressure(one, &c->use.pressure);
	return one;
}

static json_t *list_of(const struct watch_view *v, bool ours)
{
	const struct watch_containers *all = &v->sample->containers;
	json_t *list = json_array();

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i]->told && all->items[i]->is.ours == ours && (ours || all->items[i]->is.running))
			json_add(list, container_of(all->items[i], v->splits ? &v->splits[i] : NULL, v->following));
	return list;
}

void watch_json(const struct watch_view *v, struct strbuf *out)
{
	struct arena a = ARENA_INIT;
	const char *lacks[8];
	const size_t n = watch_lacks(&a, v, lacks, 8);
	json_t *root = json_object(), *said = json_array();

	for (size_t i = 0; i < n; i++)
		json_add(said, json_text(lacks[i]));
	json_put(root, "schema", json_text("vpsfit.watch/1"));
	json_put(root, "dir", json_text(v->places->stack_dir));
	json_put(root, "machine", machine_of(v));
	json_put(root, "services", list_of(v, true));
	json_put(root, "others", list_of(v, false));
	json_put(root, "lacks", said);
	json_dump(root, out);
	arena_clear(&a);
}

/* SPDX-License-Identifier: MIT */
#include "watch/window.h"

#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "core/units.h"

void window_start(struct window *w)
{
	memset(w, 0, sizeof(*w));
	w->available = INT64_MAX;
}

const char *window_name(const struct watch_container *c)
{
	return c->is.service[0] ? c->is.service : c->is.name;
}

static struct window_service *row_of(struct window *w, const struct watch_container *c)
{
	struct dictionary_row row = {.workers = c->is.workers, .limit_kib = c->limit_kib};
	struct window_service *one;

	snprintf(row.service, sizeof(row.service), "%s", window_name(c));
	snprintf(row.image, sizeof(row.image), "%s", c->is.image);
	for (size_t i = 0; i < w->count; i++) {
		one = &w->services[i];
		if (STR_EQ(one->row.service, row.service) && STR_EQ(one->row.image, row.image) &&
		    one->row.workers == row.workers && one->row.limit_kib == row.limit_kib)
			return one;
	}
	if (w->count == RING_MAX_SERVICES) {
		w->left_out++;
		return NULL;
	}
	one = &w->services[w->count++];
	*one = (struct window_service){.row = row, .need = -1, .settled = true};
	return one;
}

static void raise_to(int64_t *most, int64_t value)
{
	if (value > *most)
		*most = value;
}

/* A start that the clock puts into the future was before the clock was set: it is an old one. */
static bool is_starting(int64_t started, int64_t now, int64_t seconds)
{
	return started > 0 && started <= now && now - started < seconds;
}

static void add_container(struct window *w, const struct watch_container *c, int64_t now)
{
	struct window_service *one;

	if (c->use.need_kib < 0 && c->kills == 0 && c->restarted == 0)
		return;
	one = row_of(w, c);
	if (!one)
		return;
	if (is_starting(c->is.started, now, WATCH_START_SECONDS))
		raise_to(&one->start, c->use.need_kib);
	else
		raise_to(&one->need, c->use.need_kib);
	one->settled &= !is_starting(c->is.started, now, WATCH_SETTLED_SECONDS);
	raise_to(&one->ws, c->use.ws_kib);
	raise_to(&one->swap, c->use.swap_kib);
	raise_to(&one->pressure, c->use.pressure.some60);
	one->kills += c->kills;
	one->restarts += c->restarted;
	one->limit_hits += c->limit_hits;
}

static void add_host(struct window *w, const struct watch_host *h)
{
	raise_to(&w->total, h->total_kib);
	if (h->available_kib >= 0)
		w->available = min_i64(w->available, h->available_kib);
	raise_to(&w->swap_total, h->swap_total_kib);
	raise_to(&w->swap_used, h->swap_used_kib);
	raise_to(&w->oom_total, h->oom_kill);
	raise_to(&w->pressure_some, h->pressure.some60);
	raise_to(&w->pressure_full, h->pressure.full60);
}

/* now: seconds since 1970. */
void window_add(struct window *w, const struct watch_sample *s, int64_t now)
{
	int64_t others = 0;

	w->looks++;
	add_host(w, &s->host);
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct watch_container *c = s->containers.items[i];

		if (c->is.ours) {
			add_container(w, c, now);
			continue;
		}
		others += max_i64(0, c->use.ws_kib);
		w->others_kills += c->kills;
	}
	raise_to(&w->others, others);
	w->unnamed = max_i64(0, w->unnamed + s->unnamed);
}

static uint32_t u32(int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint16_t u16(int64_t n)
{
	return n < 0 ? 0 : n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static void finish_host(const struct window *w, struct ring_sample *ret)
{
	ret->total_kib = u32(w->total);
	ret->available_kib = w->available == INT64_MAX ? 0 : u32(w->available);
	ret->swap_total_kib = u32(w->swap_total);
	ret->swap_used_kib = u32(w->swap_used);
	ret->others_kib = u32(w->others);
	ret->oom_total = u32(w->oom_total);
	ret->others_kills = u16(w->others_kills);
	ret->unnamed = u16(w->unnamed);
	ret->pressure_some = u16(w->pressure_some);
	ret->pressure_full = u16(w->pressure_full);
}

/* Fills in all but time, boot, uptime and flags. Returns how many services could not be written to the dictionary. */
size_t window_finish(const struct window *w, struct dictionary *d, struct ring_sample *ret)
{
	size_t lost = w->left_out;

	memset(ret, 0, sizeof(*ret));
	finish_host(w, ret);
	for (size_t i = 0; i < w->count; i++) {
		const struct window_service *one = &w->services[i];
		int index = dictionary_index(d, &one->row);

		if (index < 0) {
			lost++;
			continue;
		}
		ret->services[ret->count++] = (struct ring_service){
			u32(one->need),
			u32(one->ws),
			u32(one->swap),
			u32(one->start),
			u32(one->row.limit_kib),
			u16(one->kills),
			u16(one->restarts),
			(uint16_t)index,
			u16(one->pressure),
			u16(one->limit_hits),
			(uint16_t)((one->start > 0 ? RING_STARTING : 0) | (one->settled ? RING_SETTLED : 0) |
				   (one->need < 0 && one->start == 0 ? RING_NO_NEED : 0))};
	}
	return lost;
}

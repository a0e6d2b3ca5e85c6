/* SPDX-License-Identifier: MIT */
/* The highest figures of several looks, as one sample of the ring. */
#ifndef VPSFIT_WATCH_WINDOW_H
#define VPSFIT_WATCH_WINDOW_H

#include "watch/dictionary.h"
#include "watch/ring_cells.h"
#include "watch/sample.h"

/* What a container takes while it starts is kept apart so long after its start; it counts as settled from then on. */
#define WATCH_START_SECONDS 600
#define WATCH_SETTLED_SECONDS 900

struct window_service {
	struct dictionary_row row;
	int64_t need, ws, swap, start, kills, restarts, limit_hits, pressure;
	bool settled;
};

struct window {
	size_t looks;
	int64_t total, available, swap_total, swap_used, others, oom_total, others_kills, unnamed;
	int64_t pressure_some, pressure_full;
	struct window_service services[RING_MAX_SERVICES];
	size_t count;
	size_t left_out; /* services that had no room */
};

void window_start(struct window *w);
void window_add(struct window *w, const struct watch_sample *s, int64_t now);
size_t window_finish(const struct window *w, struct dictionary *d, struct ring_sample *ret);
/* As the plan and the ring call it: the service's name, or the container's where it has none. */
const char *window_name(const struct watch_container *c);

#endif

/* SPDX-License-Identifier: MIT */
#include "watch/series.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/units.h"
#include "watch/alerts.h"
#include "watch/crc32c.h"

#define DAY 86400
#define MAX_DAYS 14   /* for the highest need */
#define START_DAYS 30 /* for starts and kills */
#define LEAST_SAMPLES 100
#define LEAST_SECONDS DAY
#define LEAST_SETTLED (12 * 3600)
#define CLOCK_STEP 300
/* Kills so far apart are two events. */
#define KILLS_APART 3600
/* Of each weekend day so much was seen. */
#define WEEKEND_SECONDS (12 * 3600)

struct all {
	struct ring_sample *items;
	size_t count, room;
};

static bool collect(void *context, uint32_t cell, const struct ring_sample *s)
{
	struct all *all = context;

	(void)cell;
	if (all->count == all->room) {
		all->room = all->room ? 2 * all->room : 1024;
		all->items = xrealloc(all->items, all->room * sizeof(*all->items));
	}
	all->items[all->count++] = *s;
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct ring_sample *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

static const struct ring_service *service_in(const struct ring_sample *s, size_t index)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->services[i].index == index)
			return &s->services[i];
	return NULL;
}

/* By how many seconds the clock was set between two samples; 0: by less than minutes. Over a boot only back shows. */
static int64_t clock_step(const struct ring_sample *a, const struct ring_sample *b)
{
	const int64_t told = (int64_t)b->time - a->time;
	const int64_t passed = a->boot == b->boot ? (int64_t)b->uptime - a->uptime : max_i64(0, told);
	const int64_t off = told - passed;

	return off > CLOCK_STEP || off < -CLOCK_STEP ? off : 0;
}

static bool same_stack(const struct dictionary_row *a, const struct dictionary_row *b)
{
	return STR_EQ(a->service, b->service) && STR_EQ(a->image, b->image) && a->workers == b->workers;
}

/* A stretch of time within which no clock was set. */
struct stretch {
	int64_t seconds; /* watched */
	int64_t saturday, sunday;
	bool clock_set; /* before it */
};

/* 1970-01-01 was a Thursday. */
static void note_day(struct stretch *w, int64_t time, int64_t seconds)
{
	const int64_t day = (time / DAY + 4) % 7;

	w->saturday += day == 6 ? seconds : 0;
	w->sunday += day == 0 ? seconds : 0;
}

/* Kills and starts of the same image and workers, under whatever limit. */
static void note_events(const struct all *all, const struct dictionary *d, struct series_service *one)
{
	const int64_t from = one->last - START_DAYS * DAY;
	int64_t cluster = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct ring_sample *s = &all->items[i];

		for (size_t k = 0; k < s->count && (int64_t)s->time >= from; k++) {
			const struct ring_service *r = &s->services[k];

			if (r->index >= d->count || !same_stack(&d->rows[r->index], &one->row))
				continue;
			if (r->flags & RING_STARTING)
				one->seen.start_kib = max_i64(one->seen.start_kib, r->start_kib);
			if (r->kills == 0)
				continue;
			one->seen.kills += r->kills;
			one->last_kill = s->time;
			if (r->limit_kib > 0 && (cluster == 0 || (int64_t)s->time - cluster >= KILLS_APART))
				one->seen.floor_mib =
					max_i64(one->seen.floor_mib, rule_floor_mib((int64_t)r->limit_kib >> 10));
			cluster = s->time;
		}
	}
}

struct needs {
	int64_t *kib; /* settled, in the order of time */
	size_t count;
	int64_t hourly[48], hour_sum, hour_count, hour_of; /* since the last start */
	size_t hours;
	int64_t settled_since;
};

static void note_hour(struct needs *n, const struct ring_sample *s, int64_t kib)
{
	if (n->hour_of != (int64_t)s->time / 3600 && n->hour_count > 0) {
		if (n->hours == 48)
			memmove(n->hourly, n->hourly + 1, --n->hours * sizeof(n->hourly[0]));
		n->hourly[n->hours++] = n->hour_sum / n->hour_count;
		n->hour_sum = n->hour_count = 0;
	}
	n->hour_of = s->time / 3600;
	n->hour_sum += kib;
	n->hour_count++;
}

static void note_need(struct needs *n, const struct ring_sample *s, const struct ring_service *r,
		      struct rule_seen *seen, int64_t last)
{
	if (!(r->flags & RING_SETTLED)) {
		seen->starts += (r->flags & RING_STARTING) && n->settled_since != 0;
		n->settled_since = 0;
		n->hours = 0;
		n->hour_count = n->hour_sum = 0;
	}
	if (r->need_kib == 0)
		return;
	if (last - (int64_t)s->time <= MAX_DAYS * DAY)
		seen->max_kib = max_i64(seen->max_kib, r->need_kib);
	if (!(r->flags & RING_SETTLED))
		return;
	if (n->settled_since == 0)
		n->settled_since = s->time;
	n->kib[n->count++] = r->need_kib;
	note_hour(n, s, r->need_kib);
}

/* Time between two samples that belong together is watched; a longer pause is a gap. */
static int64_t watched(const struct ring_sample *before, const struct ring_sample *s, int64_t interval)
{
	const int64_t passed = before ? (int64_t)s->time - before->time : interval;

	return passed > 0 && passed <= 2 * interval ? passed : interval;
}

/* What is lacking, and for how long yet, of which the longest counts. */
static void judge(struct series_service *one, const struct stretch *t, int64_t settled, int64_t interval)
{
	const int64_t span = one->last - one->first, samples = LEAST_SAMPLES - one->seen.samples;
	const int64_t young = max_i64(LEAST_SECONDS - span, samples * interval);
	const int64_t gaps = span * 9 - t->seconds * 10, restless = LEAST_SETTLED - settled;

	one->wait = max_i64(0, max_i64(max_i64(young, gaps), restless));
	if (young > 0)
		one->lack = t->clock_set ? SERIES_CLOCK : SERIES_SHORT;
	else if (gaps > 0)
		one->lack = SERIES_GAPS;
	else
		one->lack = restless > 0 ? SERIES_UNSETTLED : SERIES_ENOUGH;
}

/*
 * The clock was set: times before it cannot be held against times after it, so that days, usual need and starts are
 * counted anew. What was highest is none of the clock's business, and stays.
 */
static void begin_anew(struct series_service *one, struct needs *n, struct stretch *t)
{
	one->first = 0;
	one->seen.samples = one->seen.starts = 0;
	*n = (struct needs){.kib = n->kib};
	*t = (struct stretch){.clock_set = true};
}

static void finish_needs(struct needs *n, struct rule_seen *seen)
{
	seen->slope_kib = alert_slope(n->hourly, n->hours);
	qsort(n->kib, n->count, sizeof(n->kib[0]), by_size_i64);
	if (n->count > 0) {
		seen->median_kib = n->kib[n->count / 2];
		seen->high_kib = n->kib[n->count * 99 / 100];
	}
}

/* Fills in what the samples of one row of the dictionary tell. */
static void read_service(const struct all *all, const struct dictionary *d, size_t index, int64_t interval,
			 struct series_service *one)
{
	struct needs n = {.kib = xrealloc(NULL, (all->count + 1) * sizeof(int64_t))};
	const struct ring_sample *before = NULL;
	struct stretch t = {.seconds = 0};

	for (size_t i = 0; i < all->count; i++) {
		const struct ring_sample *s = &all->items[i];
		const struct ring_service *r = service_in(s, index);

		if (!r)
			continue;
		if (before && clock_step(before, s) != 0) {
			begin_anew(one, &n, &t);
			before = NULL;
		}
		one->first = one->first ? one->first : (int64_t)s->time;
		one->last = s->time;
		t.seconds += watched(before, s, interval);
		note_day(&t, s->time, interval);
		one->seen.samples++;
		one->seen.limit_hits += r->limit_hits;
		one->seen.pressure = max_i64(one->seen.pressure, r->pressure);
		one->seen.oneshot |= (s->flags & RING_ONESHOT) != 0;
		note_need(&n, s, r, &one->seen, all->items[all->count - 1].time);
		before = s;
	}
	one->seen.limit_mib = one->row.limit_kib >> 10;
	one->seen.days10 = min_i64((one->last - one->first) * 10 / DAY, t.seconds * 10 / DAY);
	one->seen.weekend = t.saturday >= WEEKEND_SECONDS && t.sunday >= WEEKEND_SECONDS;
	judge(one, &t, n.settled_since ? one->last - n.settled_since : 0, interval);
	finish_needs(&n, &one->seen);
	free(n.kib);
	note_events(all, d, one);
}

static void read_machine(const struct all *all, struct series *ret)
{
	const int64_t recent = ret->last - START_DAYS * DAY;

	for (size_t i = 0; i < all->count; i++) {
		ret->unnamed += (int64_t)all->items[i].time >= recent ? all->items[i].unnamed : 0;
		const int64_t step = i > 0 ? clock_step(&all->items[i - 1], &all->items[i]) : 0;
		if (step != 0) {
			ret->clock_at = all->items[i].time;
			ret->clock_off = step;
		}
		ret->digest = crc32c(&(uint32_t[]){ret->digest, all->items[i].seq, all->items[i].time}, 12);
	}
}

/* The row under which each service was seen last is what it is now. */
static void read_services(const struct all *all, const struct dictionary *d, struct series *ret)
{
	for (size_t index = d->count; index-- > 0 && ret->count < SERIES_MAX;) {
		struct series_service *one = &ret->services[ret->count];
		bool newer = false, is_there = false;

		for (size_t i = 0; i < ret->count; i++)
			newer |= STR_EQ(ret->services[i].row.service, d->rows[index].service);
		for (size_t i = 0; i < all->count && !newer && !is_there; i++)
			is_there = service_in(&all->items[i], index) != NULL;
		if (!is_there)
			continue;
		memset(one, 0, sizeof(*one));
		one->row = d->rows[index];
		read_service(all, d, index, ret->header.interval, one);
		ret->count++;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct series_service *x = a, *y = b;

	return strcmp(x->row.service, y->row.service);
}

/* A copy's names lie beside it as NAME.services, or as they lie in the store. */
static int read_names(struct dictionary *d, int dir, const char *ring_name, uint32_t id)
{
	char beside[NAME_MAX + 1];
	int n = snprintf(beside, sizeof(beside), "%s.services", ring_name);

	if (n > 0 && (size_t)n < sizeof(beside) && faccessat(dir, beside, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return dictionary_read(d, dir, beside, id);
	return dictionary_read(d, dir, RING_SERVICES, id);
}

static int read_open(int fd, int dir, const char *ring_name, struct series *ret)
{
	struct all all = {.items = NULL};
	struct dictionary d;
	int rc = ring_header_of(fd, &ret->header);

	if (rc == 0 && ret->header.version != RING_VERSION)
		rc = -EBADMSG;
	if (rc == 0)
		rc = ring_scan(fd, collect, &all);
	if (rc == 0)
		rc = read_names(&d, dir, ring_name, ret->header.id);
	if (rc == 0) {
		if (all.count > 0) {
			qsort(all.items, all.count, sizeof(*all.items), by_number);
			ret->last = all.items[all.count - 1].time;
			read_machine(&all, ret);
			read_services(&all, &d, ret);
			qsort(ret->services, ret->count, sizeof(ret->services[0]), by_name);
		}
		ret->samples = all.count;
		dictionary_close(&d);
	}
	free(all.items);
	return rc;
}

int series_read(int dir, const char *ring_name, struct series *ret)
{
	int fd = openat(dir, ring_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return -errno;
	rc = read_open(fd, dir, ring_name, ret);
	close(fd);
	return rc;
}

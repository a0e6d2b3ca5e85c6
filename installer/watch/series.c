/* SPDX-License-Identifier: MIT */
#include "watch/series.h"

#include <errno.h>
#include <fcntl.h>
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

static int by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static const struct ring_service *service_in(const struct ring_sample *s, size_t index)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->services[i].index == index)
			return &s->services[i];
	return NULL;
}

/* Was the clock set by minutes between two samples of one boot? */
static bool clock_was_set(const struct ring_sample *a, const struct ring_sample *b)
{
	const int64_t told = (int64_t)b->time - a->time, passed = (int64_t)b->uptime - a->uptime, off = told - passed;

	return a->boot == b->boot && (off > CLOCK_STEP || off < -CLOCK_STEP);
}

static bool same_stack(const struct dictionary_row *a, const struct dictionary_row *b)
{
	return STR_EQ(a->service, b->service) && STR_EQ(a->image, b->image) && a->workers == b->workers;
}

struct weekend {
	int64_t saturday, sunday;
};

/* 1970-01-01 was a Thursday. */
static void note_day(struct weekend *w, int64_t time, int64_t seconds)
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

static enum series_lack judge(const struct series_service *one, int64_t seconds, int64_t settled, bool clock_set)
{
	const int64_t span = one->last - one->first;

	if (clock_set)
		return SERIES_CLOCK;
	if (span < LEAST_SECONDS || one->seen.samples < LEAST_SAMPLES)
		return SERIES_SHORT;
	if (seconds * 10 < span * 9)
		return SERIES_GAPS;
	return settled < LEAST_SETTLED ? SERIES_UNSETTLED : SERIES_ENOUGH;
}

static void finish_needs(struct needs *n, struct rule_seen *seen)
{
	seen->slope_kib = alert_slope(n->hourly, n->hours);
	qsort(n->kib, n->count, sizeof(n->kib[0]), by_size);
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
	struct weekend weekend = {0, 0};
	int64_t seconds = 0;
	bool clock_set = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct ring_sample *s = &all->items[i];
		const struct ring_service *r = service_in(s, index);

		if (!r)
			continue;
		one->first = one->first ? one->first : (int64_t)s->time;
		one->last = s->time;
		seconds += watched(before, s, interval);
		note_day(&weekend, s->time, interval);
		clock_set |= before && clock_was_set(before, s);
		one->seen.samples++;
		one->seen.limit_hits += r->limit_hits;
		one->seen.pressure = max_i64(one->seen.pressure, r->pressure);
		one->seen.oneshot |= (s->flags & RING_ONESHOT) != 0;
		note_need(&n, s, r, &one->seen, all->items[all->count - 1].time);
		before = s;
	}
	one->seen.limit_mib = one->row.limit_kib >> 10;
	one->seen.days10 = min_i64((one->last - one->first) * 10 / DAY, seconds * 10 / DAY);
	one->seen.weekend = weekend.saturday >= WEEKEND_SECONDS && weekend.sunday >= WEEKEND_SECONDS;
	one->lack = judge(one, seconds, n.settled_since ? one->last - n.settled_since : 0, clock_set);
	finish_needs(&n, &one->seen);
	free(n.kib);
	note_events(all, d, one);
}

static int64_t system_of(const struct ring_sample *s)
{
	int64_t used = (int64_t)s->total_kib - s->available_kib - s->others_kib;

	for (size_t i = 0; i < s->count; i++)
		used -= s->services[i].ws_kib;
	return max_i64(0, used);
}

static void read_system(const struct all *all, struct series *ret)
{
	int64_t *kib = xrealloc(NULL, (all->count + 1) * sizeof(*kib));

	for (size_t i = 0; i < all->count; i++) {
		kib[i] = system_of(&all->items[i]);
		ret->unnamed += all->items[i].unnamed;
		ret->digest = crc32c(&(uint32_t[]){ret->digest, all->items[i].seq, all->items[i].time}, 12);
	}
	qsort(kib, all->count, sizeof(*kib), by_size);
	ret->system_kib = all->count > 0 ? kib[all->count / 2] : 0;
	free(kib);
}

/* The row under which each service was seen last is what it is now. */
static void read_services(const struct all *all, const struct dictionary *d, struct series *ret)
{
	for (size_t index = d->count; index-- > 0 && ret->count < SERIES_MAX;) {
		struct series_service *one = &ret->services[ret->count];
		bool newer = false, is_there = false;

		for (size_t i = 0; i < ret->count; i++)
			newer |= STR_EQ(ret->services[i].row.service, d->rows[index].service);
		for (size_t i = 0; i < all->count && !is_there; i++)
			is_there = service_in(&all->items[i], index) != NULL;
		if (newer || !is_there)
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

static int read_open(int fd, int dir, struct series *ret)
{
	struct all all = {.items = NULL};
	struct dictionary d;
	int rc = ring_header_of(fd, &ret->header);

	if (rc == 0 && ret->header.version != RING_VERSION)
		rc = -EBADMSG;
	if (rc == 0)
		rc = ring_scan(fd, collect, &all);
	if (rc == 0)
		rc = dictionary_read(&d, dir, ret->header.id);
	if (rc == 0) {
		if (all.count > 0) {
			qsort(all.items, all.count, sizeof(*all.items), by_number);
			ret->first = all.items[0].time;
			ret->last = all.items[all.count - 1].time;
			read_system(&all, ret);
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
	rc = read_open(fd, dir, ret);
	close(fd);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "watch/feed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "core/units.h"
#include "watch/window.h"

#define HOUR 3600
#define RESTART_WINDOW (15 * 60)
#define SWAP_WINDOW (30 * 60)
/* Swapping that matters: a fifth of RAM within half an hour. */
#define SWAP_SHARE 5
/* Nobody is told of a limit that is further away. */
#define LEAK_HOURS 24

static int64_t mib(int64_t kib)
{
	return kib >> 10;
}

static void compose(struct alert_message *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void compose(struct alert_message *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->text, sizeof(m->text), fmt, ap);
	va_end(ap);
}

static const char *state_word(enum alert_says says)
{
	static const char *const words[] = {"", "begins", "worse", "again", "ends"};

	return words[says];
}

/* Sends what was composed, within the day's eight. The end of what was never told is not told either. */
static void say(struct feed *f, struct alert *a, enum alert_says says, int64_t now, struct alert_message *m)
{
	m->what = alert_rules[a->kind].name;
	m->state = state_word(says);
	m->level = says == ALERT_ENDS ? "info" : a->state == ALERT_CRITICAL ? "critical" : "warning";
	memcpy(m->service, a->service, sizeof(m->service));
	m->muted_until = 0;
	m->muted = (says == ALERT_ENDS && !a->told) || !alerts_may_send(&f->alerts, now, &m->muted_until);
	if (says != ALERT_ENDS && !m->muted)
		a->told = true;
	if (says == ALERT_ENDS)
		a->told = false;
	f->say(f->context, m);
}

static int64_t share(int64_t part, int64_t whole)
{
	return part < 0 || whole <= 0 ? -1 : min_i64(part, whole * 100) * 10000 / whole;
}

static void memory_alert(struct feed *f, const char *service, int64_t used, int64_t most, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, service[0] ? ALERT_MEMORY : ALERT_HOST_MEMORY, service);
	int64_t value = share(used, most);
	struct alert_message m = {.what = NULL};
	enum alert_says says = a ? alert_step(a, now, value) : ALERT_NOTHING;

	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld MiB", (long long)mib(used));
	snprintf(m.limit, sizeof(m.limit), "%lld MiB", (long long)mib(most));
	compose(&m,
		says == ALERT_ENDS ? "%s%suses %lld of %lld MiB (%lld %%): well below the line again"
				   : "%s%suses %lld of %lld MiB (%lld %%)",
		service[0] ? service : "the machine", " ", (long long)mib(used), (long long)mib(most),
		(long long)(value / 100));
	say(f, a, says, now, &m);
}

static struct feed_service *service_of(struct feed *f, const char *name, int64_t now)
{
	struct feed_service *one = NULL;

	for (size_t i = 0; i < f->count && !one; i++)
		if (STR_EQ(f->services[i].name, name))
			one = &f->services[i];
	if (!one && f->count < FEED_MAX) {
		one = &f->services[f->count++];
		memset(one, 0, sizeof(*one));
		snprintf(one->name, sizeof(one->name), "%s", name);
	}
	if (one)
		one->seen_at = now;
	return one;
}

static void kill_alert(struct feed *f, struct feed_service *one, const struct watch_container *c, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_KILL, one->name);
	struct alert_message m = {.what = NULL};
	enum alert_says says;

	one->kills += c->kills;
	says = a ? alert_step(a, now, c->kills) : ALERT_NOTHING;
	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld", (long long)one->kills);
	if (c->limit_kib > 0)
		snprintf(m.limit, sizeof(m.limit), "%lld MiB", (long long)mib(c->limit_kib));
	if (says == ALERT_ENDS)
		compose(&m, "%s: no process was killed for lack of memory for half an hour", one->name);
	else
		compose(&m, "%s: %lld of its processes %s killed for lack of memory%s%s", one->name,
			(long long)one->kills, one->kills == 1 ? "was" : "were", m.limit[0] ? "; its limit is " : "",
			m.limit);
	one->kills = 0;
	say(f, a, says, now, &m);
}

static int64_t recent_restarts(struct feed_service *one, int64_t restarted, int64_t now)
{
	int64_t recent = 0;

	for (int64_t i = 0; i < min_i64(restarted, FEED_RESTARTS); i++) {
		one->restarts[one->next_restart] = now;
		one->next_restart = (one->next_restart + 1) % FEED_RESTARTS;
	}
	for (size_t i = 0; i < FEED_RESTARTS; i++)
		recent += one->restarts[i] > 0 && now - one->restarts[i] < RESTART_WINDOW;
	return recent;
}

static void restart_alert(struct feed *f, struct feed_service *one, const struct watch_container *c, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_RESTARTS, one->name);
	int64_t recent = recent_restarts(one, c->restarted, now);
	struct alert_message m = {.what = NULL};
	enum alert_says says = a ? alert_step(a, now, recent) : ALERT_NOTHING;

	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld", (long long)recent);
	if (says == ALERT_ENDS)
		compose(&m, "%s runs without a restart for half an hour", one->name);
	else
		compose(&m,
			"%s starts again and again: %lld times in 15 minutes, %lld in all; its last exit code was %lld",
			one->name, (long long)recent, (long long)c->is.restarts, (long long)c->is.exit_code);
	say(f, a, says, now, &m);
}

static void pressure_alert(struct feed *f, const char *service, int64_t value, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_PRESSURE, service);
	struct alert_message m = {.what = NULL};
	enum alert_says says = a ? alert_step(a, now, value) : ALERT_NOTHING;

	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld.%02lld %%", (long long)(value / 100), (long long)(value % 100));
	compose(&m, "%s waits for memory %lld %% of the time%s", service[0] ? service : "the machine",
		(long long)(value / 100), says == ALERT_ENDS ? ": that is over" : "");
	say(f, a, says, now, &m);
}

/* Keeps the hourly means of a settled container since its last start. */
static void note_hour(struct feed_service *one, const struct watch_container *c, int64_t now, int64_t wall)
{
	if (one->started != c->is.started) {
		one->started = c->is.started;
		one->hours = 0;
		one->hour_began = 0;
	}
	if (c->use.need_kib < 0 || wall - c->is.started < WATCH_SETTLED_SECONDS)
		return;
	if (one->hour_began == 0)
		one->hour_began = now;
	if (now - one->hour_began >= HOUR && one->hour_looks > 0) {
		if (one->hours == FEED_HOURS)
			memmove(one->hourly, one->hourly + 1, --one->hours * sizeof(one->hourly[0]));
		one->hourly[one->hours++] = one->hour_sum / one->hour_looks;
		one->hour_began = now;
		one->hour_sum = one->hour_looks = 0;
	}
	one->hour_sum += c->use.need_kib;
	one->hour_looks++;
}

static void leak_alert(struct feed *f, struct feed_service *one, const struct watch_container *c, int64_t now,
		       int64_t wall)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_LEAK, one->name);
	struct alert_message m = {.what = NULL};
	const size_t before = one->hours;
	int64_t slope, left;
	enum alert_says says;

	note_hour(one, c, now, wall);
	slope = one->hours != before || !a || a->state != ALERT_OFF ? alert_slope(one->hourly, one->hours) : 0;
	left = slope > 0 && c->limit_kib > 0 ? max_i64(0, c->limit_kib - c->use.need_kib) / slope : LEAK_HOURS + 1;
	says = a && c->use.need_kib >= 0 ? alert_step(a, now, left <= LEAK_HOURS ? 1 : 0) : ALERT_NOTHING;
	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld MiB/h", (long long)mib(slope));
	snprintf(m.limit, sizeof(m.limit), "%lld MiB", (long long)mib(c->limit_kib));
	if (says == ALERT_ENDS)
		compose(&m, "%s does not grow any more", one->name);
	else
		compose(&m, "%s grows by %lld MiB an hour and reaches its limit of %lld MiB in about %lld hours",
			one->name, (long long)mib(slope), (long long)mib(c->limit_kib), (long long)left);
	say(f, a, says, now, &m);
}

static void swap_alert(struct feed *f, const struct watch_host *h, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_SWAP, "");
	struct alert_message m = {.what = NULL};
	int64_t used = share(h->swap_used_kib, h->swap_total_kib);
	enum alert_says says;

	if (h->swapped_out_kib >= 0 && (f->swapped_at == 0 || now - f->swapped_at >= SWAP_WINDOW)) {
		f->swap_moved = f->swapped_at == 0 ? 0 : h->swapped_out_kib - f->swapped_kib;
		f->swapped_at = now;
		f->swapped_kib = h->swapped_out_kib;
	}
	/* A full swap that nothing is moved to is only where idle pages lie. */
	if (a && a->state == ALERT_OFF && used > 0 &&
	    max_i64(f->swap_moved, h->swapped_out_kib - f->swapped_kib) * SWAP_SHARE <= h->total_kib)
		used = 0;
	says = a ? alert_step(a, now, used) : ALERT_NOTHING;
	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld MiB", (long long)mib(h->swap_used_kib));
	snprintf(m.limit, sizeof(m.limit), "%lld MiB", (long long)mib(h->swap_total_kib));
	compose(&m, "swap is %lld %% full%s", (long long)(used / 100),
		says == ALERT_ENDS ? ": that is over" : ", and much is written to it");
	say(f, a, says, now, &m);
}

static void unnamed_alert(struct feed *f, const struct watch_sample *s, int64_t now)
{
	struct alert *a = alerts_find(&f->alerts, ALERT_UNNAMED_KILL, "");
	struct alert_message m = {.what = NULL};
	enum alert_says says;
	int64_t sure;

	/* One look later: the engine may have recorded by then whose it was. */
	sure = max_i64(0, f->last_unnamed + min_i64(0, s->unnamed));
	f->last_unnamed = max_i64(0, s->unnamed);
	f->unnamed += sure;
	says = a ? alert_step(a, now, sure) : ALERT_NOTHING;
	if (says == ALERT_NOTHING)
		return;
	snprintf(m.value, sizeof(m.value), "%lld", (long long)f->unnamed);
	if (says == ALERT_ENDS)
		compose(&m, "no process was killed for lack of memory for half an hour");
	else
		compose(&m,
			"%lld process%s killed for lack of memory, and no container tells of it: the journal of the "
			"kernel has the name",
			(long long)f->unnamed, f->unnamed == 1 ? " was" : "es were");
	f->unnamed = 0;
	say(f, a, says, now, &m);
}

static void service_alerts(struct feed *f, const struct watch_container *c, int64_t now, int64_t wall)
{
	struct feed_service *one = service_of(f, window_name(c), now);

	if (!one)
		return;
	kill_alert(f, one, c, now);
	restart_alert(f, one, c, now);
	leak_alert(f, one, c, now, wall);
	if (c->use.limit_kib > 0)
		memory_alert(f, one->name, c->use.need_kib, c->use.limit_kib, now);
	pressure_alert(f, one->name, c->use.pressure.full60, now);
}

/* A service that was not seen for a day is no more: its alerts end unsaid. */
static void drop_gone(struct feed *f, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct feed_service *one = &f->services[i];

		if (now - one->seen_at < ALERT_DAY) {
			if (kept != i)
				f->services[kept] = *one;
			kept++;
			continue;
		}
		for (size_t k = 0; k < f->alerts.count; k++)
			if (STR_EQ(f->alerts.items[k].service, one->name))
				f->alerts.items[k--] = f->alerts.items[--f->alerts.count];
	}
	f->count = kept;
}

void feed_look(struct feed *f, const struct watch_sample *s, int64_t now, int64_t wall)
{
	for (size_t i = 0; i < s->containers.count; i++)
		if (s->containers.items[i]->is.ours)
			service_alerts(f, s->containers.items[i], now, wall);
	unnamed_alert(f, s, now);
	if (s->host.total_kib > 0 && s->host.available_kib >= 0)
		memory_alert(f, "", s->host.total_kib - s->host.available_kib, s->host.total_kib, now);
	pressure_alert(f, "", s->host.pressure.full60, now);
	swap_alert(f, &s->host, now);
	drop_gone(f, now);
}

/* SPDX-License-Identifier: MIT */
#include "watch/alerts.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/units.h"

#define MINUTE 60
#define HOUR 3600
#define NEVER INT64_MAX

/* The bounds are Netdata's pattern (in at 80 and 90, out well below, after a while) and nohang's pressure. */
const struct alert_rule alert_rules[ALERT_KINDS] = {
	[ALERT_HOST_MEMORY] = {"host-memory", 8000, 9500, 7000, 60, 15 * MINUTE, HOUR},
	[ALERT_MEMORY] = {"memory", 8000, 9500, 7000, 60, 15 * MINUTE, HOUR},
	[ALERT_KILL] = {"kill", 0, 0, 1, 0, 30 * MINUTE, HOUR},
	[ALERT_UNNAMED_KILL] = {"unnamed-kill", 0, 0, 1, 0, 30 * MINUTE, HOUR},
	[ALERT_RESTARTS] = {"restarts", 2, NEVER, 1, 0, 30 * MINUTE, HOUR},
	[ALERT_PRESSURE] = {"pressure", 1000, 4000, 500, 60, 15 * MINUTE, HOUR},
	[ALERT_SWAP] = {"swap", 8000, NEVER, 7000, 60, 15 * MINUTE, 6 * HOUR},
	[ALERT_LEAK] = {"leak", 0, NEVER, 1, 0, 2 * HOUR, 24 * HOUR},
};

/* NULL: there are too many. */
struct alert *alerts_find(struct alerts *all, enum alert_kind kind, const char *service)
{
	struct alert *a;
	size_t n = strnlen(service, WATCH_NAME - 1);

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].kind == kind && STR_EQ(all->items[i].service, service))
			return &all->items[i];
	if (all->count == ALERTS_MAX)
		return NULL;
	a = &all->items[all->count++];
	*a = (struct alert){.kind = kind, .above_since = -1, .below_since = -1};
	memcpy(a->service, service, n);
	return a;
}

/* Since when value has been on one side; -1 while it is not. */
static void since(int64_t *when, bool is, int64_t now)
{
	if (!is)
		*when = -1;
	else if (*when < 0)
		*when = now;
}

static enum alert_says begin(struct alert *a, const struct alert_rule *rule, int64_t now, enum alert_state state)
{
	enum alert_says says = a->state == ALERT_OFF ? ALERT_BEGINS : ALERT_WORSE;

	a->state = state;
	a->told_at = now;
	a->wait = rule->repeat;
	return says;
}

static enum alert_says go_on(struct alert *a, const struct alert_rule *rule, int64_t now)
{
	if (a->below_since >= 0 && now - a->below_since >= rule->hold) {
		a->state = ALERT_OFF;
		a->above_looks = 0;
		return ALERT_ENDS;
	}
	/* While it is on the way out nobody is reminded. */
	if (a->below_since >= 0 || now - a->told_at < a->wait)
		return ALERT_NOTHING;
	a->told_at = now;
	a->wait = min_i64(a->wait * 3 / 2, 24 * HOUR);
	return ALERT_AGAIN;
}

/*
 * One look at `now` (seconds of a clock that nobody sets). A value of -1 is not known and changes nothing: a figure
 * that cannot be had neither warns nor gives the all-clear.
 */
enum alert_says alert_step(struct alert *a, int64_t now, int64_t value)
{
	const struct alert_rule *rule = &alert_rules[a->kind];
	bool above = value > rule->enter;

	if (value < 0)
		return ALERT_NOTHING;
	since(&a->above_since, above, now);
	since(&a->below_since, value < rule->leave, now);
	a->above_looks = above ? a->above_looks + 1 : 0;
	if (value > rule->critical && a->state != ALERT_CRITICAL && (a->above_looks > 1 || rule->sure == 0))
		return begin(a, rule, now, ALERT_CRITICAL);
	if (a->state == ALERT_OFF && above && now - a->above_since >= rule->sure &&
	    (a->above_looks > 1 || rule->sure == 0))
		return begin(a, rule, now, ALERT_WARNING);
	return a->state == ALERT_OFF ? ALERT_NOTHING : go_on(a, rule, now);
}

/*
 * Counts a message that is sent at `now`. False: eight were sent within a day. *ret_muted_until: when the next one may
 * be sent, if this is the eighth; else 0.
 */
bool alerts_may_send(struct alerts *all, int64_t now, int64_t *ret_muted_until)
{
	const int64_t oldest = all->sent[all->next];

	*ret_muted_until = 0;
	if (oldest > 0 && now - oldest < ALERT_DAY)
		return false;
	all->sent[all->next] = max_i64(1, now);
	all->next = (all->next + 1) % ALERTS_A_DAY;
	if (all->sent[all->next] > 0 && now - all->sent[all->next] < ALERT_DAY)
		*ret_muted_until = all->sent[all->next] + ALERT_DAY;
	return true;
}

#define MAX_HOURS 48

/*
 * The median of the slopes between all pairs of hours, of at most 48. There is a trend only where it holds over six
 * hours and more, nine of ten pairs rise, and it is over 1 % of the first figure an hour: a busy morning is none.
 */
int64_t alert_slope(const int64_t *hourly, size_t count)
{
	static int64_t slopes[MAX_HOURS * (MAX_HOURS - 1) / 2];
	size_t n = 0, rising = 0;

	if (count > MAX_HOURS) {
		hourly += count - MAX_HOURS;
		count = MAX_HOURS;
	}
	if (count < 7)
		return 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			slopes[n] = (hourly[j] - hourly[i]) / (int64_t)(j - i);
			rising += slopes[n++] > 0;
		}
	qsort(slopes, n, sizeof(slopes[0]), by_size_i64);
	if (rising * 10 < n * 9 || slopes[n / 2] * 100 <= hourly[0])
		return 0;
	return slopes[n / 2];
}

/* SPDX-License-Identifier: MIT */
#include "watch/rule.h"

#include "core/units.h"

#define STEP_MIB 16
/* Lower only after a week that had a weekend, and then not at a leap. */
#define LOWER_DAYS10 70
#define LOWER_SAMPLES 1000
#define LOWER_STARTS 2
#define LOWER_PRESSURE 100
#define LOWER_MOST_PERCENT 80
/* A smaller change is none (VPA's updater has the tenth). */
#define LEAST_PERCENT 10
#define LEAST_MIB 32

/*
 * Most of the way from the highest need seen to 1.75 times the usual one: a service that was seen at its worst needs
 * little more, one that was only seen at rest has its worst to come. The part of the way shrinks with the days: nine
 * tenths after one, three quarters after two, not quite two thirds after a week. At least a tenth more, and a twentieth
 * where short peaks were missed. The constants are from tests/simulate. After 14 days 36 % of the limit is unused and
 * 2.3 % of machines are hit; a limit that knew the coming highest would leave 26 % unused. Lines and squares of 20
 * figures, fitted to half of 2,000 machines, left 35 % of the other half's unused where 3 % of them were hit: there is
 * little to be had by a cleverer rule, and less that holds on a real machine.
 */
#define CEILING_PERCENT 175

int64_t rule_limit_kib(const struct rule_seen *s)
{
	const int64_t days10 = max_i64(10, s->days10), part = min_i64(1000, 600 + 3000 / days10);
	const int64_t ceiling = s->median_kib * CEILING_PERCENT / 100;
	const int64_t way = s->max_kib + max_i64(0, ceiling - s->max_kib) * part / 1000;
	const int64_t least = s->max_kib * (1100 + 1000 / days10) / 1000;

	return max_i64(way, least) + (s->oneshot ? s->max_kib / 20 : 0);
}

/* From the limit in force at the kill, never from an earlier floor, which would feed itself. */
int64_t rule_floor_mib(int64_t limit_mib)
{
	return max_i64(limit_mib * 12 / 10, limit_mib + 100);
}

static int64_t wanted(const struct rule_seen *s, enum rule_why *ret)
{
	const int64_t seen = rule_limit_kib(s) >> 10;
	const int64_t start = s->start_kib > 0 ? (s->start_kib * 11 / 10) >> 10 : s->start_model_mib;

	*ret = s->floor_mib > seen && s->floor_mib >= start ? RULE_KILLED : start > seen ? RULE_START : RULE_SEEN;
	return round_up(max_i64(max_i64(seen, start), s->floor_mib) + s->cache_mib, STEP_MIB);
}

static enum rule_held why_not_lower(const struct rule_seen *s)
{
	if (s->kills > 0)
		return RULE_KILLS;
	if (s->unnamed > 0)
		return RULE_UNNAMED;
	if (s->days10 < LOWER_DAYS10 || s->samples < LOWER_SAMPLES)
		return RULE_DAYS;
	if (!s->weekend)
		return RULE_WEEKEND;
	if (s->starts < LOWER_STARTS)
		return RULE_STARTS;
	if (s->limit_hits > 0)
		return RULE_AT_LIMIT;
	return s->pressure >= LOWER_PRESSURE ? RULE_PRESSURE : RULE_TAKEN;
}

static enum rule_sure how_sure(const struct rule_seen *s)
{
	int grade = s->days10 >= LOWER_DAYS10 && s->weekend ? 2 : s->days10 >= 30 ? 1 : 0;

	if (grade > 0 && (s->oneshot || s->kills > 0))
		grade--;
	return (enum rule_sure)grade;
}

static bool is_small(int64_t change, int64_t limit)
{
	change = change < 0 ? -change : change;
	return change * 100 < limit * LEAST_PERCENT || change < LEAST_MIB;
}

static void lower(const struct rule_seen *s, struct rule_says *ret)
{
	const int64_t lowest = round_up(s->limit_mib * LOWER_MOST_PERCENT / 100, STEP_MIB);
	const int64_t limit = max_i64(ret->wanted_mib, lowest);

	ret->held = why_not_lower(s);
	if (ret->held == RULE_TAKEN && is_small(limit - s->limit_mib, s->limit_mib))
		ret->held = RULE_SMALL;
	if (ret->held != RULE_TAKEN)
		return;
	ret->limit_mib = limit;
	ret->held = limit > ret->wanted_mib ? RULE_STEP : RULE_TAKEN;
}

/* Raises at any time; lowers carefully, and never what grows or was killed. */
void rule_judge(const struct rule_seen *s, struct rule_says *ret)
{
	*ret = (struct rule_says){.expected_mib = s->median_kib >> 10,
				  .limit_mib = s->limit_mib,
				  .cache_mib = s->cache_mib,
				  .sure = how_sure(s)};
	ret->wanted_mib = wanted(s, &ret->why);
	if (s->slope_kib > 0 && s->kills == 0) {
		ret->held = RULE_LEAK;
		return;
	}
	if (s->limit_mib == 0) {
		ret->limit_mib = ret->wanted_mib;
		return;
	}
	if (is_small(ret->wanted_mib - s->limit_mib, s->limit_mib) && s->floor_mib <= s->limit_mib)
		ret->held = RULE_SMALL;
	else if (ret->wanted_mib > s->limit_mib)
		ret->limit_mib = ret->wanted_mib;
	else
		lower(s, ret);
}

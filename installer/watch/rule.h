/* SPDX-License-Identifier: MIT */
/* From what was seen of a service to its limit. Pure; tests/simulate holds it against other rules. */
#ifndef VPSFIT_WATCH_RULE_H
#define VPSFIT_WATCH_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was seen of one service with one image, count of workers and limit. */
struct rule_seen {
	int64_t days10; /* tenths of days that were watched */
	int64_t samples;
	int64_t median_kib, high_kib, max_kib; /* of the settled need: p50, p99, and the highest of 14 days */
	int64_t start_kib;		       /* the highest while it started; 0: no start was seen */
	int64_t starts;
	int64_t kills;		 /* processes */
	int64_t unnamed;	 /* kills on the machine that no container told of: any may have been its own */
	int64_t floor_mib;	 /* by the kills and the limits in force then; 0: none */
	bool weekend;		 /* a Saturday and a Sunday */
	int64_t limit_hits;	 /* times that the limit was reached */
	int64_t pressure;	 /* the highest, hundredths of a per cent */
	int64_t slope_kib;	 /* grows by so much an hour; 0: it does not */
	bool oneshot;		 /* taken by a timer, so that short peaks were missed */
	int64_t limit_mib;	 /* in force; 0: none */
	int64_t cache_mib;	 /* page cache that it cannot do without, where that was probed; else 0 */
	int64_t start_model_mib; /* start peak of the model, for where no start was seen; 0: none */
};

enum rule_why { RULE_SEEN, RULE_START, RULE_KILLED, RULE_WHY_COUNT };
/* Why the limit is not what the figures alone give. */
enum rule_held {
	RULE_TAKEN,
	RULE_SMALL,
	RULE_DAYS,
	RULE_WEEKEND,
	RULE_STARTS,
	RULE_KILLS,
	RULE_UNNAMED,
	RULE_AT_LIMIT,
	RULE_PRESSURE,
	RULE_LEAK,
	RULE_STEP, /* lowered, and by no more than a fifth at a time */
	RULE_HELD_COUNT
};
enum rule_sure { RULE_HARDLY, RULE_FAIRLY, RULE_WELL, RULE_SURE_COUNT };

struct rule_says {
	int64_t wanted_mib; /* by the figures */
	int64_t limit_mib;  /* to be written */
	int64_t expected_mib;
	int64_t cache_mib; /* of the wanted limit: as it was probed */
	enum rule_why why;
	enum rule_held held;
	enum rule_sure sure;
};

int64_t rule_limit_kib(const struct rule_seen *seen);
void rule_judge(const struct rule_seen *seen, struct rule_says *ret);
/* What a limit must be after a kill under it. */
int64_t rule_floor_mib(int64_t limit_mib);

#endif

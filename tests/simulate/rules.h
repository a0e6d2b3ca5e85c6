/* SPDX-License-Identifier: MIT */
/* Calibrate's rule and those of others, on what was seen of a machine; limits in MiB. */
#ifndef VPSFIT_SIMULATE_RULES_H
#define VPSFIT_SIMULATE_RULES_H

#include <stdlib.h>
#include <string.h>

#include "machines.h"
#include "watch/rule.h"

static inline int by_need(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The value that so many of 1000 samples do not exceed. */
static inline double share_of(const float *seen, int n, int per_mille)
{
	float *copy = malloc((size_t)n * sizeof(*copy));
	double value;

	memcpy(copy, seen, (size_t)n * sizeof(*copy));
	qsort(copy, (size_t)n, sizeof(*copy), by_need);
	value = (double)copy[(int)((double)(n - 1) * per_mille / 1000)];
	free(copy);
	return value;
}

static inline double rule_of_vpsfit(const float *seen, int n)
{
	const struct rule_seen s = {.days10 = n * 10 / A_DAY,
				    .samples = n,
				    .median_kib = (int64_t)(share_of(seen, n, 500) * 1024),
				    .max_kib = (int64_t)(share_of(seen, n, 1000) * 1024)};

	return (double)rule_limit_kib(&s) / 1024;
}

/* The same as the design's first one: a margin on the highest that shrinks with the days. */
static inline double rule_of_margin(const float *seen, int n)
{
	return share_of(seen, n, 1000) * (1.15 + 0.35 * A_DAY / n);
}

static inline double rule_of_krr(const float *seen, int n)
{
	return share_of(seen, n, 1000) * 1.15;
}

static inline double rule_of_max_25(const float *seen, int n)
{
	return share_of(seen, n, 1000) * 1.25;
}

static inline double rule_of_max_30(const float *seen, int n)
{
	return share_of(seen, n, 1000) * 1.30;
}

static inline double rule_of_p99(const float *seen, int n)
{
	return share_of(seen, n, 990) * 1.15;
}

static inline double rule_of_p95(const float *seen, int n)
{
	return share_of(seen, n, 950) * 1.15;
}

static inline double rule_of_median(const float *seen, int n)
{
	return share_of(seen, n, 500) * 1.8;
}

/* VPA's recommender: daily peaks, each worth half of the next day's, p90 of that weight, bucket's upper edge, 15 %. */
static inline double rule_of_vpa(const float *seen, int n)
{
	int days = n / A_DAY;
	double peak[64], weight[64], total = 0, sum = 0, value = 0;

	for (int d = 0; d < days; d++) {
		peak[d] = share_of(seen + (size_t)d * A_DAY, A_DAY, 1000);
		weight[d] = pow(2, d - days + 1);
		total += weight[d];
	}
	for (int taken = 0; taken < days && sum < 0.9 * total; taken++) {
		int least = -1;

		for (int d = 0; d < days; d++)
			if (weight[d] > 0 && (least < 0 || peak[d] < peak[least]))
				least = d;
		sum += weight[least];
		value = peak[least];
		weight[least] = 0;
	}
	/* Buckets start at 10 MB and each is a twentieth wider than the one before. */
	value = 10 * (pow(1.05, ceil(log(value * 1.048576 * 0.05 / 10 + 1) / log(1.05))) - 1) / 0.05 / 1.048576;
	return value * 1.15;
}

struct outcome {
	int machines, killed, kills;
	double slack; /* sum over machines of the unused share of the limit */
};

/* 30 days under a limit that a kill raises (once in an hour), as calibrate would the next time it is run. */
static inline void endure(const float *need, double limit, struct outcome *o)
{
	double unused = 0, used = 0;
	int last = -A_DAY, kills = 0;

	for (int i = 0; i < 30 * A_DAY; i++) {
		if ((double)need[i] > limit) {
			kills++;
			if (i - last >= 12) {
				limit = fmax(limit * 1.2, limit + 100);
				last = i;
			}
		}
		unused += limit - (double)need[i];
		used += (double)need[i];
	}
	o->machines++;
	o->kills += kills;
	o->killed += kills > 0;
	o->slack += unused / (unused + used);
}

#endif

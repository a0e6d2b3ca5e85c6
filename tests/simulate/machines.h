/* SPDX-License-Identifier: MIT */
/* Made-up machines: what a service needs, as a 5-minute maximum, for weeks. Seeded; the same everywhere. */
#ifndef VPSFIT_SIMULATE_MACHINES_H
#define VPSFIT_SIMULATE_MACHINES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define A_DAY 288
#define PI 3.14159265358979323846

struct fate {
	uint64_t state;
};

static inline double chance(struct fate *f)
{
	f->state ^= f->state << 13;
	f->state ^= f->state >> 7;
	f->state ^= f->state << 17;
	return (double)(f->state >> 11) / 9007199254740992.0;
}

static inline double within(struct fate *f, double least, double most)
{
	return least + (most - least) * chance(f);
}

static inline double bell(struct fate *f)
{
	double u = chance(f);

	return sqrt(-2 * log(u > 0 ? u : 1e-12)) * cos(2 * PI * chance(f));
}

/* What kind of machine it is; shares are of its idle use. */
struct nature {
	double idle, day, weekend, spike, spikes_a_day, import, start, restarts_a_day;
	int workers;
};

static inline struct nature nature_of(struct fate *f)
{
	struct nature n;
	double base = within(f, 250, 400), each = within(f, 180, 300);

	n.workers = 1 + (int)(chance(f) * 3);
	n.idle = base + n.workers * each;
	n.day = within(f, 0.05, 0.30) * n.idle;
	n.weekend = within(f, 0.2, 0.9);
	n.spike = within(f, 0.10, 0.35) * n.idle;
	n.spikes_a_day = within(f, 0.2, 3);
	n.import = within(f, 0.3, 0.6) * n.idle;
	n.start = within(f, 0, 0.35) * n.idle;
	n.restarts_a_day = within(f, 1.0 / 14, 1.0 / 3);
	return n;
}

/* Day 0 is a Monday. */
static inline double load_at(int i)
{
	double hour = (double)(i % A_DAY) * 24 / A_DAY;
	double load = hour >= 7 && hour <= 21 ? sin((hour - 7) / 14 * PI) : 0;

	return load > 0 ? load : 0;
}

/* Fills need (MiB) and started for `days` days; growth: share of the idle use an hour since the last start. */
static inline struct nature live(uint64_t seed, int days, double growth, float *need, bool *started)
{
	struct fate f = {seed * 0x9e3779b97f4a7c15u + 0x1234567};
	struct nature n;
	int up = 0;

	for (int i = 0; i < 8; i++)
		chance(&f);
	n = nature_of(&f);
	for (int i = 0; i < days * A_DAY; i++) {
		double load = load_at(i) * (i / A_DAY % 7 >= 5 ? n.weekend : 1);
		double v = n.idle + n.day * load * within(&f, 0.6, 1.2) + bell(&f) * 0.01 * n.idle +
			   growth * n.idle * up / 12;

		if (chance(&f) < n.spikes_a_day / A_DAY)
			v += n.spike * within(&f, 0.3, 1);
		if (chance(&f) < 1.0 / 30 / A_DAY)
			v += n.import * within(&f, 0.5, 1);
		started[i] = i == 0 || chance(&f) < n.restarts_a_day / A_DAY;
		if (started[i]) {
			v = fmax(v - growth * n.idle * up / 12, n.idle + n.start);
			up = 0;
		}
		up++;
		need[i] = (float)v;
	}
	return n;
}

#endif

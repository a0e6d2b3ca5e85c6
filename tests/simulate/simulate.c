/* SPDX-License-Identifier: MIT */
/*
 * simulate [MACHINES]: limits by each rule after 1, 2, 7 and 14 days, and what the next 30 days make of them. Machines
 * are made up (machines.h): the table says how rules compare, not how often a real machine is hit. The last row is what
 * nobody can know, and so the least that is unused.
 */
#include <stdio.h>

#include "rules.h"

#define DAYS 51

static const struct {
	const char *name;
	double (*limit)(const float *seen, int n);
} rules[] = {
	{"vpsfit", rule_of_vpsfit},	      {"highest x (1.15 + 0.35/days)", rule_of_margin},
	{"krr: highest + 15 %", rule_of_krr}, {"highest + 25 %", rule_of_max_25},
	{"highest + 30 %", rule_of_max_30},   {"VPA: p90 of daily peaks + 15 %", rule_of_vpa},
	{"p99 + 15 %", rule_of_p99},	      {"p95 + 15 %", rule_of_p95},
	{"median + 80 %", rule_of_median},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static const int watched[] = {1, 2, 7, 14};

static void table(const float *all, int machines, int end_day, const char *name)
{
	printf("\nwatched until a %s evening, then 30 days: machines killed on, kills, unused share of the limit\n%-32s",
	       name, "");
	for (int w = 0; w < 4; w++)
		printf("%12d days", watched[w]);
	for (size_t r = 0; r < RULES; r++) {
		printf("\n%-32s", rules[r].name);
		for (int w = 0; w < 4; w++) {
			struct outcome o = {0, 0, 0, 0};
			const int n = watched[w] * A_DAY;

			for (int m = 0; m < machines; m++) {
				const float *now = all + ((size_t)m * DAYS + (size_t)end_day) * A_DAY;

				endure(now, rules[r].limit(now - n, n), &o);
			}
			printf("%5.1f%%%5d%5.1f%%", 100.0 * o.killed / machines, o.kills, 100 * o.slack / machines);
		}
	}
	printf("\n%-32s", "the coming highest itself");
	for (int w = 0; w < 4; w++) {
		struct outcome o = {0, 0, 0, 0};

		for (int m = 0; m < machines; m++) {
			const float *now = all + ((size_t)m * DAYS + (size_t)end_day) * A_DAY;

			endure(now, share_of(now, 30 * A_DAY, 1000), &o);
		}
		printf("%5.1f%%%5d%5.1f%%", 100.0 * o.killed / machines, o.kills, 100 * o.slack / machines);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	static bool started[DAYS * A_DAY];
	int machines = argc > 1 ? (int)strtod(argv[1], NULL) : 1000;
	float *all = malloc((size_t)machines * DAYS * A_DAY * sizeof(*all));

	if (!all || machines < 1)
		return 1;
	for (int m = 0; m < machines; m++)
		live((uint64_t)m + 1, DAYS, 0, all + (size_t)m * DAYS * A_DAY, started);
	printf("%d machines\n", machines);
	table(all, machines, 19, "Friday");
	table(all, machines, 21, "Sunday");
	free(all);
	return 0;
}

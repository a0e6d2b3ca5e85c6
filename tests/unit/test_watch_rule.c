/* SPDX-License-Identifier: MIT */
/* Calibrate's rule: what raises a limit, what keeps it, and what 60 made-up machines make of it. */
#include "unit.h"

#include "../simulate/rules.h"
#include "core/calibrated.h"
#include "core/units.h"

#define KIB(mib) (INT64_C(1024) * (mib))

/* Seen for three weeks: steady, started often, well under its limit. */
static struct rule_seen steady(int64_t usual, int64_t highest, int64_t limit)
{
	return (struct rule_seen){.days10 = 210,
				  .samples = 6000,
				  .median_kib = KIB(usual),
				  .high_kib = KIB(highest),
				  .max_kib = KIB(highest),
				  .start_kib = KIB(usual),
				  .starts = 5,
				  .weekend = true,
				  .limit_mib = limit};
}

static struct rule_says judged(struct rule_seen s)
{
	struct rule_says says;

	rule_judge(&s, &says);
	return says;
}

static void lowers_by_a_fifth_at_most(void **state)
{
	struct rule_says says = judged(steady(500, 600, 2000));
	(void)state;

	assert_int_equal(says.limit_mib, 1600);
	assert_int_equal(says.held, RULE_STEP);
	assert_true(says.wanted_mib < 1000);
	says = judged(steady(500, 600, 900));
	assert_int_equal(says.held, RULE_TAKEN);
	assert_int_equal(says.limit_mib, says.wanted_mib);
	assert_int_equal(says.limit_mib % 16, 0);
	/* What is small stays. */
	assert_int_equal(judged(steady(5, 5, 50)).limit_mib, 50);
	assert_int_equal(judged(steady(500, 600, says.limit_mib + 40)).held, RULE_SMALL);
}

static void what_keeps_a_limit_from_being_lowered(void **state)
{
	const struct rule_seen good = steady(500, 600, 1000);
	struct rule_seen s[7];
	static const enum rule_held held[7] = {RULE_DAYS,  RULE_DAYS,	  RULE_WEEKEND, RULE_STARTS,
					       RULE_KILLS, RULE_AT_LIMIT, RULE_PRESSURE};
	(void)state;

	for (int i = 0; i < 7; i++)
		s[i] = good;
	s[0].days10 = 69;
	s[1].samples = 999;
	s[2].weekend = false;
	s[3].starts = 1;
	s[4].kills = 1;
	s[5].limit_hits = 1;
	s[6].pressure = 100;
	for (int i = 0; i < 7; i++) {
		assert_int_equal(judged(s[i]).held, held[i]);
		assert_int_equal(judged(s[i]).limit_mib, 1000);
	}
}

static void raises_at_any_time(void **state)
{
	struct rule_seen s = steady(900, 950, 1000);
	(void)state;

	s.days10 = 10;
	s.samples = 288;
	s.weekend = false;
	s.starts = 0;
	assert_true(judged(s).limit_mib > 1300);
	assert_int_equal(judged(s).sure, RULE_HARDLY);
	/* A start needs more than all that came after it. */
	s = steady(500, 520, 1000);
	s.start_kib = KIB(1200);
	assert_int_equal(judged(s).limit_mib, 1328);
	assert_int_equal(judged(s).why, RULE_START);
	/* A start that nobody saw is the model's. */
	s.start_kib = 0;
	s.start_model_mib = 1500;
	assert_int_equal(judged(s).limit_mib, 1504);
}

static void a_kill_raises_from_the_limit_of_then(void **state)
{
	struct rule_seen s = steady(500, 600, 1000);
	(void)state;

	s.kills = 2;
	s.floor_mib = rule_floor_mib(1000);
	assert_int_equal(judged(s).limit_mib, 1200);
	assert_int_equal(judged(s).why, RULE_KILLED);
	/* Once it is raised, the same kill raises nothing more. */
	s.limit_mib = 1200;
	assert_int_equal(judged(s).limit_mib, 1200);
	assert_int_equal(rule_floor_mib(200), 300);
	/* Even where it is little. */
	s = steady(20, 25, 40);
	s.kills = 1;
	s.floor_mib = rule_floor_mib(40);
	assert_int_equal(judged(s).limit_mib, 144);
}

static void a_leak_is_left_alone(void **state)
{
	struct rule_seen s = steady(900, 1500, 1600);
	(void)state;

	s.slope_kib = KIB(20);
	assert_int_equal(judged(s).held, RULE_LEAK);
	assert_int_equal(judged(s).limit_mib, 1600);
}

/* More seen, more days: never a lower limit for more need, never a higher one for more days of the same. */
static void is_monotone(void **state)
{
	struct rule_seen s = {.median_kib = KIB(500)};
	(void)state;

	for (s.days10 = 10; s.days10 < 400; s.days10 += 7) {
		int64_t last = 0;

		for (s.max_kib = KIB(500); s.max_kib < KIB(2000); s.max_kib += KIB(13)) {
			struct rule_seen longer = s;

			longer.days10 += 10;
			assert_true(rule_limit_kib(&s) >= last && rule_limit_kib(&s) > s.max_kib);
			assert_true(rule_limit_kib(&longer) <= rule_limit_kib(&s));
			last = rule_limit_kib(&s);
		}
	}
}

#define MACHINES 60
#define LIVED 51

static void sixty_machines(void **state)
{
	static float need[LIVED * A_DAY];
	static bool started[LIVED * A_DAY];
	struct outcome after[2][2], krr[2][2];
	static const int days[2] = {2, 14}, slack_most[2] = {38, 37};
	(void)state;

	memset(after, 0, sizeof(after));
	memset(krr, 0, sizeof(krr));
	for (uint64_t m = 0; m < MACHINES; m++) {
		live(m + 1, LIVED, 0, need, started);
		for (int end = 0; end < 2; end++)
			for (int w = 0; w < 2; w++) {
				const int n = days[w] * A_DAY;
				const float *now = need + (19 + 2 * end) * A_DAY;

				endure(now, rule_of_vpsfit(now - n, n), &after[end][w]);
				endure(now, rule_of_krr(now - n, n), &krr[end][w]);
			}
	}
	for (int w = 0; w < 2; w++) {
		double slack = 100 * (after[0][w].slack + after[1][w].slack) / 2 / MACHINES;

		for (int end = 0; end < 2; end++) {
			assert_in_range(after[end][w].killed, 0, 3);
			assert_true(after[end][w].killed <= krr[end][w].killed);
		}
		if (slack > slack_most[w])
			fail_msg("%d days: %.1f %% unused", days[w], slack);
	}
}

/* Whatever was measured, the moved figures are a model that Docker takes at every worker count. */
static void moved_figures_hold_together(void **state)
{
	struct bench *b = *state;
	const struct cost_point table[] = {{1, 713, "a"}, {2, 972, "b"}, {6, 1681, "c"}};

	for (int64_t workers = 1; workers <= 8; workers++)
		for (int64_t expected = 10; expected < 3000; expected += 170)
			for (int64_t limit = expected + 6; limit < 5000; limit += 390) {
				struct cost_service c = {{623, 177, 0},
							 {540, 170, 0},
							 {1020, 450, 1536},
							 {760, 110, 0},
							 table,
							 3,
							 10,
							 NULL,
							 0};
				const struct calibrated to = {workers, 0, expected, limit, workers % 2 ? limit : 0};

				calibrated_move(&b->arena, &c, &to);
				assert_int_equal(cost_line_at(&c.limit, workers), limit);
				assert_int_equal(cost_expected_at(&c, workers), max_i64(6, expected));
				for (int64_t w = 1; w <= MAX_WORKERS; w++) {
					assert_true(cost_line_at(&c.limit, w) >= cost_line_at(&c.reservation, w));
					assert_true(cost_line_at(&c.limit, w) >= cost_line_at(&c.start_peak, w));
					assert_true(cost_line_at(&c.reservation, w) >= 6);
					assert_true(w == 1 || cost_expected_at(&c, w) >= cost_expected_at(&c, w - 1));
				}
			}
	assert_int_equal(table[0].mib, 713);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowers_by_a_fifth_at_most),
		cmocka_unit_test(what_keeps_a_limit_from_being_lowered),
		cmocka_unit_test(raises_at_any_time),
		cmocka_unit_test(a_kill_raises_from_the_limit_of_then),
		cmocka_unit_test(a_leak_is_left_alone),
		cmocka_unit_test(is_monotone),
		cmocka_unit_test(sixty_machines),
		cmocka_unit_test_setup_teardown(moved_figures_hold_together, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* How far a group's page cache is taken away: made-up groups that miss what they use. */
#include "unit.h"

#include "core/units.h"
#include "watch/counters.h"
#include "watch/squeeze.h"

#define KIB(mib) (INT64_C(1024) * (mib))
#define TICKS ((SQUEEZE_MOST_MS + SQUEEZE_SETTLE_MS) / SQUEEZE_TICK_MS + 3)

/* A group with files that are read all the time (hot) and files that were read once (cold). KiB. */
struct group {
	int64_t need, hot, cold, taken, swap, stall_us, refault;
	int64_t stall_per_mib; /* how long it waits for a MiB that it reads again */
	int64_t swaps_part;    /* of what is asked so much goes to swap, in hundredths */
	int64_t now_ms;
};

static struct squeeze_look look(struct group *g)
{
	g->now_ms += SQUEEZE_TICK_MS;
	/* What was taken of the hot files is read again. */
	g->refault += g->taken;
	g->stall_us += g->taken * g->stall_per_mib / 1024;
	g->hot += g->taken;
	g->taken = 0;
	return (struct squeeze_look){g->now_ms, g->need + g->hot + g->cold, g->need, g->swap, g->stall_us, g->refault};
}

static void take(struct group *g, int64_t kib)
{
	const int64_t swapped = kib * g->swaps_part / 100, cold = min_i64(g->cold, kib - swapped);

	g->swap += swapped;
	g->need -= swapped;
	g->cold -= cold;
	g->taken = min_i64(g->hot, kib - swapped - cold);
	g->hot -= g->taken;
}

/* Squeezes until it is settled; the ticks that took. */
static int squeezed(struct group *g, struct squeeze *s)
{
	int ticks = 0;

	*s = (struct squeeze){.end = SQUEEZE_GOES_ON};
	for (; !s->settled && ticks < TICKS; ticks++) {
		struct squeeze_look l = look(g);
		int64_t kib = squeeze_step(s, &l);

		assert_true(kib >= 0 && kib <= max_i64(0, l.current_kib - l.need_kib));
		if (kib > 0)
			take(g, kib);
	}
	assert_true(s->settled);
	return ticks;
}

static void finds_what_is_used(void **state)
{
	static const int64_t hots[] = {8, 24, 200, 900}, colds[] = {0, 5, 120, 3000}, stalls[] = {0, 500, 20000};
	(void)state;

	for (size_t h = 0; h < ARRAY_SIZE(hots); h++)
		for (size_t c = 0; c < ARRAY_SIZE(colds); c++)
			for (size_t p = 0; p < ARRAY_SIZE(stalls); p++) {
				struct group g = {.need = KIB(300),
						  .hot = KIB(hots[h]),
						  .cold = KIB(colds[c]),
						  .stall_per_mib = stalls[p],
						  .now_ms = 1000};
				struct squeeze s;

				squeezed(&g, &s);
				assert_true(s.end == SQUEEZE_REFAULTS || s.end == SQUEEZE_PRESSURE);
				/* All that is used, and of the rest at most a step. */
				assert_in_range(s.true_kib, KIB(300 + hots[h]), KIB(300 + hots[h]) * 103 / 100 + 1024);
				assert_in_range(squeeze_cache_kib(&s), KIB(hots[h]), KIB(hots[h]) + KIB(40));
			}
}

static void leaves_alone_what_has_nothing_to_give(void **state)
{
	struct group g = {.need = KIB(100), .now_ms = 1000};
	struct squeeze s;
	(void)state;

	squeezed(&g, &s);
	assert_int_equal(s.end, SQUEEZE_EMPTY);
	assert_int_equal(squeeze_cache_kib(&s), 0);
	assert_int_equal(s.true_kib, KIB(100));
}

static void stops_where_it_swaps(void **state)
{
	struct group g = {.need = KIB(800), .cold = KIB(4000), .swaps_part = 50, .now_ms = 1000};
	struct squeeze s;
	(void)state;

	squeezed(&g, &s);
	assert_int_equal(s.end, SQUEEZE_SWAP);
	/* A step may be on its way when it is seen. */
	assert_true(g.swap <= KIB(16) + KIB(4800) / 50 * 2);
}

/* A group that waits already is not made to wait more. */
static void stops_at_once_where_it_waits(void **state)
{
	struct squeeze s = {.end = SQUEEZE_GOES_ON};
	struct squeeze_look l = {2000, KIB(500), KIB(100), 0, 0, 0};
	(void)state;

	assert_int_equal(squeeze_step(&s, &l), 0);
	l.now_ms += SQUEEZE_TICK_MS;
	l.stall_us += SQUEEZE_TICK_MS * 200;
	assert_int_equal(squeeze_step(&s, &l), 0);
	assert_int_equal(s.end, SQUEEZE_PRESSURE);
	l.now_ms += SQUEEZE_SETTLE_MS;
	assert_int_equal(squeeze_step(&s, &l), 0);
	assert_true(s.settled);
	assert_int_equal(s.true_kib, KIB(500));
}

static void is_bounded_whatever_the_kernel_says(void **state)
{
	uint64_t seed = 27;
	(void)state;

	for (int i = 0; i < 3000; i++) {
		struct squeeze s = {.end = SQUEEZE_GOES_ON};
		int64_t now = 1000, asked_after = 0;
		int ticks = 0;

		for (; !s.settled && ticks < TICKS; ticks++) {
			int64_t r[5];
			struct squeeze_look l;

			for (int k = 0; k < 5; k++) {
				seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
				r[k] = (int64_t)(seed >> 33) % KIB(4000) - (seed >> 60 == 0 ? KIB(4000) : 0);
			}
			now += SQUEEZE_TICK_MS;
			l = (struct squeeze_look){now, r[0], r[1], max_i64(0, r[2]), r[3], r[4]};
			asked_after = squeeze_step(&s, &l);
			assert_true(asked_after >= 0 && asked_after <= max_i64(0, l.current_kib - l.need_kib));
			assert_true(asked_after == 0 || s.end == SQUEEZE_GOES_ON);
		}
		assert_true(s.settled);
		assert_int_equal(asked_after, 0);
	}
}

static void gone_is_not_known(void **state)
{
	struct group g = {.need = KIB(100), .cold = KIB(50), .now_ms = 1000};
	struct squeeze s = {.end = SQUEEZE_GOES_ON};
	struct squeeze_look l = look(&g);
	(void)state;

	squeeze_step(&s, &l);
	l = look(&g);
	assert_true(squeeze_step(&s, &l) > 0);
	l.now_ms += SQUEEZE_TICK_MS;
	l.current_kib = WATCH_UNKNOWN;
	assert_int_equal(squeeze_step(&s, &l), 0);
	assert_true(s.settled && s.end == SQUEEZE_GONE && s.true_kib == 0 && squeeze_cache_kib(&s) == 0);
}

static void stalls_are_read(void **state)
{
	(void)state;

	assert_int_equal(
		watch_stalled_us("some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull avg10=0.00 total=7\n"), 1234);
	assert_int_equal(watch_stalled_us("some avg10=0.00\nfull avg10=0.00 total=7\n"), WATCH_UNKNOWN);
	assert_int_equal(watch_stalled_us("full total=7\n"), WATCH_UNKNOWN);
	assert_int_equal(watch_stalled_us(NULL), WATCH_UNKNOWN);
	assert_int_equal(watch_stalled_us("some total=-3\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_used),
		cmocka_unit_test(leaves_alone_what_has_nothing_to_give),
		cmocka_unit_test(stops_where_it_swaps),
		cmocka_unit_test(stops_at_once_where_it_waits),
		cmocka_unit_test(is_bounded_whatever_the_kernel_says),
		cmocka_unit_test(gone_is_not_known),
		cmocka_unit_test(stalls_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The sizes of a service if one of them stays: reservation <= limit <= memswap, whatever was planned. */
#include "unit.h"

#include "core/sizes.h"

/* Planned: limit 800, reservation 600, memswap 1000. */
static void planned(struct size_fate of[static SIZE_KINDS])
{
	static const int64_t mib[] = {[SIZE_LIMIT] = 800, [SIZE_RESERVATION] = 600, [SIZE_MEMSWAP] = 1000};

	memset(of, 0, SIZE_KINDS * sizeof(*of));
	for (int k = SIZE_LIMIT; k <= SIZE_MEMSWAP; k++)
		of[k] = (struct size_fate){.known = true, .now = mib[k], .mib = mib[k]};
}

static void stays(struct size_fate *f, int64_t now)
{
	f->stays = true;
	f->now = now;
}

struct row {
	const char *what;
	int64_t limit, reservation, memswap; /* fixed sizes; 0: not fixed; -1: fixed and unknown */
	int64_t want[3];
	enum size_reason why[3];
};

static const struct row rows[] = {
	{"nothing stays", 0, 0, 0, {800, 600, 1000}, {0}},
	{"a larger limit", 1200, 0, 0, {1200, 600, 1400}, {0, 0, SIZE_LIMIT_AND_SWAP}},
	{"a smaller limit", 700, 0, 0, {700, 600, 900}, {0, 0, SIZE_LIMIT_AND_SWAP}},
	{"a limit under the reservation", 500, 0, 0, {500, 500, 700}, {0, SIZE_AS_LIMIT, SIZE_LIMIT_AND_SWAP}},
	{"a limit nobody can tell", -1, 0, 0, {-1, 600, 1000}, {0, SIZE_LEFT, SIZE_LEFT}},
	{"a larger reservation", 0, 900, 0, {900, 900, 1100}, {SIZE_AS_RESERVATION, 0, SIZE_LIMIT_AND_SWAP}},
	{"a smaller reservation", 0, 100, 0, {800, 100, 1000}, {0}},
	{"a reservation that is the limit", 0, 800, 0, {800, 800, 1000}, {0}},
	{"a reservation nobody can tell", 0, -1, 0, {800, -1, 1000}, {0}},
	{"less memory and swap than the limit", 0, 0, 700, {700, 600, 700}, {SIZE_AS_MEMSWAP, 0, 0}},
	{"less than the reservation", 0, 0, 500, {500, 500, 500}, {SIZE_AS_MEMSWAP, SIZE_AS_LIMIT, 0}},
	{"more memory and swap", 0, 0, 4000, {800, 600, 4000}, {0}},
	{"memory and swap as the limit", 0, 0, 800, {800, 600, 800}, {0}},
	{"memory and swap nobody can tell", 0, 0, -1, {800, 600, -1}, {0}},
	{"limit and reservation", 700, 650, 0, {700, 650, 900}, {0, 0, SIZE_LIMIT_AND_SWAP}},
	{"all three", 700, 650, 710, {700, 650, 710}, {0}},
};

static void what_stays_is_followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		const int64_t stay[] = {r->limit, r->reservation, r->memswap};
		struct size_fate of[SIZE_KINDS];

		planned(of);
		for (int k = 0; k < 3; k++)
			if (stay[k])
				stays(&of[SIZE_LIMIT + k], stay[k]);
		sizes_follow(of);
		for (int k = 0; k < 3; k++)
			if (of[SIZE_LIMIT + k].mib != r->want[k] || of[SIZE_LIMIT + k].reason != r->why[k])
				fail_msg("%s: size %d is %lld, reason %d", r->what, k,
					 (long long)of[SIZE_LIMIT + k].mib, (int)of[SIZE_LIMIT + k].reason);
	}
}

/* Whatever is fixed, changed sizes keep the order that the engine requires, if possible. */
static void the_order_holds(void **state)
{
	(void)state;
	for (int64_t limit = 0; limit <= 1600; limit += 100)
		for (int64_t reservation = 0; reservation <= 1600; reservation += 100) {
			struct size_fate of[SIZE_KINDS];

			planned(of);
			if (limit)
				stays(&of[SIZE_LIMIT], limit);
			if (reservation && (!limit || reservation <= limit))
				stays(&of[SIZE_RESERVATION], reservation);
			sizes_follow(of);
			assert_true(of[SIZE_RESERVATION].mib <= of[SIZE_LIMIT].mib);
			assert_true(of[SIZE_LIMIT].mib <= of[SIZE_MEMSWAP].mib);
		}
}

/* A file with both forms of a size. */
static void twins(void **state)
{
	struct size_fate of[SIZE_KINDS];

	(void)state;
	planned(of);
	of[SIZE_LIMIT_AGAIN] = (struct size_fate){.known = true, .now = 900, .mib = 800};
	of[SIZE_RESERVATION_AGAIN] = (struct size_fate){.known = true, .now = 900, .mib = 600};
	stays(&of[SIZE_LIMIT], 500);
	sizes_follow(of);
	assert_int_equal(of[SIZE_LIMIT_AGAIN].mib, 500);
	assert_int_equal(of[SIZE_LIMIT_AGAIN].reason, SIZE_REPEATED);
	assert_int_equal(of[SIZE_RESERVATION_AGAIN].mib, 500);

	planned(of);
	of[SIZE_LIMIT_AGAIN] = (struct size_fate){.known = true, .mib = 800};
	stays(&of[SIZE_LIMIT_AGAIN], 900);
	sizes_follow(of);
	assert_int_equal(of[SIZE_LIMIT].mib, 900);
	assert_int_equal(of[SIZE_LIMIT].reason, SIZE_AS_TWIN);
	assert_int_equal(of[SIZE_MEMSWAP].mib, 1100);

	planned(of);
	of[SIZE_LIMIT].now = 512;
	of[SIZE_LIMIT_AGAIN] = (struct size_fate){.known = true, .mib = 800};
	stays(&of[SIZE_LIMIT_AGAIN], -1);
	sizes_follow(of);
	assert_int_equal(of[SIZE_LIMIT].reason, SIZE_BY_HAND);
	assert_int_equal(of[SIZE_LIMIT].mib, 512);
	assert_int_equal(of[SIZE_RESERVATION].mib, 512);

	planned(of);
	of[SIZE_LIMIT_AGAIN] = (struct size_fate){.known = true, .nowhere = true, .now = -1, .mib = 800};
	stays(&of[SIZE_LIMIT_AGAIN], -1);
	sizes_follow(of);
	assert_int_equal(of[SIZE_LIMIT].mib, 800);
	assert_int_equal(of[SIZE_LIMIT].reason, SIZE_AS_PLANNED);
}

/* If some sizes of a file are unknown, the plan stays. */
static void not_all_known(void **state)
{
	struct size_fate of[SIZE_KINDS];

	(void)state;
	planned(of);
	of[SIZE_MEMSWAP].known = false;
	stays(&of[SIZE_LIMIT], 100);
	sizes_follow(of);
	assert_int_equal(of[SIZE_RESERVATION].mib, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_followed),
		cmocka_unit_test(the_order_holds),
		cmocka_unit_test(twins),
		cmocka_unit_test(not_all_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

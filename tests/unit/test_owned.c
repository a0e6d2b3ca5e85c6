/* SPDX-License-Identifier: MIT */
/* Owned values: sizes as they are written, and which texts are as good as the wanted one. */
#include "unit.h"

#include "compose/owned.h"

static void sizes_are_written(void **state)
{
	struct bench *b = *state;
	struct owned_value limit = {.size = SIZE_LIMIT}, part = {.percent = 80};
	int64_t mib;

	for (int64_t n = 0; n < 100000; n += 997) {
		owned_set_mib(&b->arena, &limit, n, "why");
		assert_true(owned_mib(limit.wanted, &mib) && mib == n && limit.mib == n);
		/* A percentage is in bytes, for programs that know no units, and never more than its part. */
		owned_set_mib(&b->arena, &part, n, "why");
		assert_true(owned_mib(part.wanted, &mib) && mib * 100 <= n * 80 && (mib + 1) * 100 > n * 80);
		assert_int_equal(strspn(part.wanted, "0123456789"), strlen(part.wanted));
	}
	assert_string_equal(limit.comment, "why");
}

static void sizes_are_read(void **state)
{
	static const char *const none[] = {"", "x", "-1", "1 X", "1G ", "${M}", "0x", "0xg", "1e3", "unlimited"};
	int64_t mib;

	(void)state;
	assert_true(owned_mib("1.5g", &mib) && mib == 1536);
	assert_true(owned_mib("1048576", &mib) && mib == 1);
	assert_true(owned_mib("1048575b", &mib) && mib == 0);
	assert_true(owned_mib("4 GB", &mib) && mib == 4096);
	assert_true(owned_mib("0x100000000", &mib) && mib == 4096);
	assert_true(owned_mib("4_294_967_296", &mib) && mib == 4096);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (owned_mib(none[i], &mib))
			fail_msg("'%s' is %lld MiB", none[i], (long long)mib);
}

static void as_good_as_wanted(void **state)
{
	static const struct owned_value size = {.size = SIZE_LIMIT, .wanted = "1536M"}, word = {.wanted = "50"},
					least = {.wanted = "50", .at_least = true},
					large_size = {.size = SIZE_LIMIT, .wanted = "64M", .at_least = true};
	static const struct {
		const struct owned_value *v;
		const char *text;
		bool same;
	} rows[] = {
		{&size, "1536M", true},	      {&size, "1.5g", true},	  {&size, "1610612736", true},
		{&size, "1536", false},	      {&size, "1537M", false},	  {&size, "x", false},
		{&size, "", false},	      {&word, "50", true},	  {&word, "51", false},
		{&word, "050", false},	      {&least, "50", true},	  {&least, "51", true},
		{&least, "050", true},	      {&least, "49", false},	  {&least, "", false},
		{&least, "-1", false},	      {&least, "many", false},	  {&least, "99999999999999999999", false},
		{&large_size, "128M", false}, {&large_size, "64m", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (owned_same(rows[i].v, rows[i].text) != rows[i].same)
			fail_msg("'%s' for '%s'", rows[i].text, rows[i].v->wanted);
}

static void reasons(void **state)
{
	(void)state;
	for (int r = 0; r < SIZE_REASONS; r++)
		if (!owned_reason((enum size_reason)r))
			fail_msg("reason %d has no text", r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(sizes_are_written),
		bench_test(sizes_are_read),
		bench_test(as_good_as_wanted),
		bench_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

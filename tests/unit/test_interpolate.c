/* SPDX-License-Identifier: MIT */
/* Variables of a compose file are filled in as the Compose specification says. */
#include "unit.h"

#include "compose/interpolate.h"

/* Set are A=1, EMPTY= and _x9=y; how often each is asked for is not our concern. */
static const char *look_up(void *context, const char *name)
{
	static const char *const set[][2] = {{"A", "1"}, {"EMPTY", ""}, {"_x9", "y"}, {"D", "$A"}, {"B", "}"}};

	++*(int *)context;
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		if (strcmp(set[i][0], name) == 0)
			return set[i][1];
	return NULL;
}

static const char *filled(struct bench *b, const char *text)
{
	int asked = 0;
	const struct variables v = {look_up, &asked};

	return interpolate(&b->arena, &v, text);
}

static void is(struct bench *b, const char *text, const char *wanted)
{
	if (strcmp(filled(b, text), wanted) != 0)
		fail_msg("'%s' is '%s', not '%s'", text, filled(b, text), wanted);
}

static void names(void **state)
{
	struct bench *b = *state;

	is(b, "$A", "1");
	is(b, "${A}", "1");
	is(b, "x$A-y", "x1-y");
	is(b, "$A$A", "11");
	is(b, "$_x9", "y");
	is(b, "$AB", "");
	is(b, "${A}B", "1B");
	is(b, "$A.B", "1.B");
	is(b, "$NONE", "");
	is(b, "${NONE}", "");
	is(b, "[${EMPTY}]", "[]");
}

static void escaped(void **state)
{
	struct bench *b = *state;

	is(b, "$$A", "$A");
	is(b, "$$$A", "$1");
	is(b, "$$$$", "$$");
	is(b, "$${A}", "${A}");
}

static void forms(void **state)
{
	static const struct {
		const char *form, *set, *empty, *none;
	} rows[] = {
		{"-d", "1", "", "d"},  {":-d", "1", "d", "d"},	  {"+d", "d", "d", ""}, {":+d", "d", "", ""},
		{"?why", "1", "", ""}, {":?why", "1", "", ""},	  {"-", "1", "", ""},	{":-", "1", "", ""},
		{"+", "", "", ""},     {":-:-", "1", ":-", ":-"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		is(b, arena_printf(&b->arena, "<${A%s}>", rows[i].form), arena_printf(&b->arena, "<%s>", rows[i].set));
		is(b, arena_printf(&b->arena, "<${EMPTY%s}>", rows[i].form),
		   arena_printf(&b->arena, "<%s>", rows[i].empty));
		is(b, arena_printf(&b->arena, "<${NONE%s}>", rows[i].form),
		   arena_printf(&b->arena, "<%s>", rows[i].none));
	}
}

static void defaults_in_defaults(void **state)
{
	struct bench *b = *state;

	is(b, "${NONE:-${ALSO:-x}}y", "xy");
	is(b, "${NONE:-a${A}b$A}", "a1b1");
	is(b, "${NONE:-$$}", "$");
	is(b, "${A:-${NONE", "${A:-${NONE");
	is(b, "${A:+${NONE:-z}}", "z");
	is(b, "${NONE-{}}", "{}");
}

/* A value is data: what stands in it is not filled in again. */
static void once(void **state)
{
	struct bench *b = *state;

	is(b, "$D", "$A");
	is(b, "${NONE:-$D}", "$A");
	is(b, "${NONE:-$B}x", "}x");
}

/* What is no variable stays as it is. */
static void others(void **state)
{
	static const char *const texts[] = {"",	     "plain", "$",    "a$",	"$ A",	   "$1",     "${",
					    "${}",   "${A",   "${1}", "${A B}", "${A:=x}", "${A=x}", "${A/x/y}",
					    "$(id)", "$-",    "{A}",  "${-x}",	"%s%n"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		is(b, texts[i], texts[i]);
	assert_ptr_equal(filled(b, texts[1]), texts[1]);
}

/* A default that is not needed is not looked at. */
static void asks_for_no_more(void **state)
{
	struct bench *b = *state;
	int asked = 0;
	const struct variables v = {look_up, &asked};

	assert_string_equal(interpolate(&b->arena, &v, "${A:-$NONE$NONE}"), "1");
	assert_int_equal(asked, 1);
	assert_string_equal(interpolate(&b->arena, &v, "${NONE:-$A}"), "1");
	assert_int_equal(asked, 3);
}

/* Text of any depth and form ends, and what it gives is no longer than its parts allow. */
static void hostile(void **state)
{
	static const char letters[] = "$${}:-+?A1 ";
	struct bench *b = *state;
	unsigned seed = 7;
	char text[64];

	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(rand_r(&seed) % 63);

		for (size_t k = 0; k < n; k++)
			text[k] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		text[n] = '\0';
		assert_true(strlen(filled(b, text)) <= n);
	}
}

static void deep(void **state)
{
	struct bench *b = *state;
	char *text = arena_alloc(&b->arena, 70001);

	for (size_t i = 0; i < 10000; i++)
		memcpy(text + 5 * i, "${N:-", 5);
	memset(text + 50000, '}', 10000);
	text[60000] = '\0';
	assert_string_equal(filled(b, text), "");
	is(b, "${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-end}}}}}}}}", "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(names),
		bench_test(escaped),
		bench_test(forms),
		bench_test(defaults_in_defaults),
		bench_test(once),
		bench_test(others),
		bench_test(hostile),
		bench_test(deep),
		bench_test(asks_for_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

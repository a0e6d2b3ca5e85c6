/* SPDX-License-Identifier: MIT */
/* Numbers, sizes, words, text for terminals, messages. */
#include "unit.h"

#include "changes/changeset.h"
#include "changes/status.h"
#include "core/plan.h"
#include "core/discreet.h"
#include "core/docker_name.h"
#include "core/shell.h"
#include "core/strbuf.h"
#include "core/text.h"
#include "core/units.h"

static void sizes(void **state)
{
	static const struct {
		const char *text;
		bool bare_is_mib;
		int64_t mib; /* -1: refused */
	} cases[] = {
		{"1536M", false, 1536},
		{"1.5G", false, 1536},
		{"1.2G", false, 1228},
		{"2GiB", false, 2048},
		{"512mb", false, 512},
		{"1048576", false, 1},
		{"1048575", false, 0},
		{"4096", true, 4096},
		{"4g", true, 4096},
		{"1t", true, 1048576},
		{"800k", false, 0},
		{"0", true, 0},
		{"4 GB", false, 4096},
		{"2 g", false, 2048},
		{"1.5 gib", false, 1536},
		{".5G", false, 512},
		{"1.23456789G", false, 1264},
		{"1p", true, 1 << 30},
		{"4g ", false, -1},
		{"4 x", false, -1},
		{"", true, -1},
		{"-1", true, -1},
		{"+1", true, -1},
		{" 1", true, -1},
		{"1 G", true, -1},
		{"1x", true, -1},
		{"1Gx", true, -1},
		{"G", true, -1},
		{"1.", true, -1},
		{".5G", true, -1},
		{"1..5G", true, -1},
		{"0x10", true, -1},
		{"1e3", true, -1},
		{"99999999T", true, -1},
		{"18446744073709551616", true, -1},
		{"18446744073709551615G", true, -1},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t mib = -1;
		bool taken = parse_size_mib(cases[i].text, cases[i].bare_is_mib, &mib);

		if (taken != (cases[i].mib >= 0) || (taken && mib != cases[i].mib))
			fail_msg("'%s' is %lld", cases[i].text, (long long)mib);
	}
}

static void numbers(void **state)
{
	uint64_t n = 7;
	const char *end;
	(void)state;

	assert_true(parse_uint("18446744073709551615", UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_false(parse_uint("18446744073709551616", UINT64_MAX, &n));
	assert_false(parse_uint("11", 10, &n));
	assert_false(parse_uint("", 10, &n));
	assert_false(parse_uint("1a", 10, &n));
	assert_true(parse_uint_prefix("  42 kB", 100, &n, &end));
	assert_int_equal(n, 42);
	assert_string_equal(end, " kB");
	assert_true(parse_hex("8000000", UINT64_MAX, &n));
	assert_int_equal(n, 128 << 20);
	assert_false(parse_hex("0x80", UINT64_MAX, &n));
	assert_int_equal(round_up(1, 512), 512);
	assert_int_equal(round_up(512, 512), 512);
	assert_int_equal(round_up(0, 512), 0);
}

static void people(void **state)
{
	char text[UNITS_TEXT];
	(void)state;

	assert_string_equal(format_gb(2836, text), "2.8 GB");
	assert_string_equal(format_gb(2336, text), "2.3 GB");
	assert_string_equal(format_gb(5136, text), "5.1 GB");
	assert_string_equal(format_plan(2048, text), "2 GB");
	assert_string_equal(format_plan(1536, text), "1.5 GB");
	assert_string_equal(format_plan(512, text), "512 MB");
}

static void words(void **state)
{
	static const char *const flags[] = {"workers", "swap", "swap-file", "profile", "port"};
	(void)state;

	assert_int_equal(text_distance("swap", "swap"), 0);
	assert_int_equal(text_distance("SWAP", "swap"), 0);
	assert_int_equal(text_distance("wrokers", "workers"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_string_equal(text_nearest("wrokers", flags, ARRAY_SIZE(flags)), "workers");
	assert_string_equal(text_nearest("profil", flags, ARRAY_SIZE(flags)), "profile");
	assert_null(text_nearest("nonsense", flags, ARRAY_SIZE(flags)));
	assert_null(text_nearest("x", flags, 0));
}

static void printable_is(const char *bytes, const char *wanted)
{
	struct strbuf out = STRBUF_INIT;

	text_printable(&out, bytes, strlen(bytes));
	assert_string_equal(strbuf_text(&out), wanted);
	strbuf_clear(&out);
}

/* Any two bytes among visible ones, wherever they stand in a word of eight: neither hides the other. */
static void any_two_bytes(void **state)
{
	(void)state;
	for (int x = 1; x < 256; x++)
		for (int y = 1; y < 256; y++) {
			char text[] = "0123456789abcdefghi";
			size_t at = (size_t)(x + y) % 17, plain = 19;

			text[at] = (char)x;
			text[at + 1] = (char)y;
			if (x != '\n' && x != '\t' && (x < ' ' || x > '~'))
				plain = at;
			else if (y != '\n' && y != '\t' && (y < ' ' || y > '~'))
				plain = at + 1;
			assert_int_equal(text_plain(text, 19), plain);
		}
}

static void printable(void **state)
{
	(void)state;
	printable_is("plain\ttext\n", "plain\ttext\n");
	printable_is("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	printable_is("\033[31mred\033[0m", "\\x1b[31mred\\x1b[0m");
	printable_is("\033[2J", "\\x1b[2J");
	printable_is("\033[31", "\\x1b[31");
	printable_is("\033]0;t\a", "\\x1b]0;t\\x07");
	printable_is("\xff\xc0\xaf", "\\xff\\xc0\\xaf");
	printable_is("\xc2\x9b"
		     "31m",
		     "\\xc2\\x9b31m");
	printable_is("\xed\xa0\x80", "\\xed\\xa0\\x80");
	printable_is("cut \xe2\x82", "cut \\xe2\\x82");
	printable_is("back\b\r", "back\\x08\\x0d");
	printable_is("\xe2\x80\xae"
		     "evil\xe2\x80\xa8"
		     "x",
		     "\\xe2\\x80\\xaeevil\\xe2\\x80\\xa8x");
	printable_is("zero\xe2\x80\x8bwidth\xef\xbb\xbf", "zero\\xe2\\x80\\x8bwidth\\xef\\xbb\\xbf");
	printable_is("\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81");
}

/* The format is markup, its arguments are data. */
static void formatted(void **state)
{
	struct bench *b = *state;
	const char *evil = "a\nvpsfit: error: \033[8m\tz";
	const char *shown = "a\\x0avpsfit: error: \\x1b[8m\\x09z";

	assert_string_equal(text_aprintf(&b->arena, "%s\n%s", evil, "b"), arena_printf(&b->arena, "%s\nb", shown));
	assert_string_equal(text_aprintf(&b->arena, "%-4s|%4s|%.*s|%.2s", "ab", "cd", 3, "efgh", "i\njk"),
			    "ab  |  cd|efg|i\\x0a");
	assert_string_equal(
		text_aprintf(&b->arena, "%d %02lld %zu %u %%  %04o %lld", -1, 7LL, (size_t)9, 3u, 0644, -5LL),
		"-1 07 9 3 %  0644 -5");
	assert_string_equal(text_aprintf(&b->arena, "%*s%c", 3, "x", 'y'), "  xy");
	assert_string_equal(diag_add(&b->diags, SEV_ERROR, evil, "%s", evil)->text, shown);
	assert_string_equal(b->diags.items[0].file, shown);
}

static void word_is(struct bench *b, const char *word, const char *wanted)
{
	assert_string_equal(shell_quoted(&b->arena, word), wanted);
}

static void words_of_a_shell(void **state)
{
	struct bench *b = *state;

	word_is(b, "/opt/ai-gateway", "/opt/ai-gateway");
	word_is(b, "/opt/my gw", "'/opt/my gw'");
	word_is(b, "", "''");
	word_is(b, "it's", "'it'\\''s'");
	word_is(b, "$(id);`id`", "'$(id);`id`'");
	word_is(b, "~root", "'~root'");
	word_is(b, "a\nb'\\\033", "$'a\\012b\\'\\\\\\033'");
	word_is(b, "r\xe2\x80\xae", "$'r\\342\\200\\256'");
	word_is(b, "\xff", "$'\\377'");
	word_is(b, "gr\xc3\xbcn", "'gr\xc3\xbcn'");
}

/* As Compose names a project by its directory. */
static void project_names(void **state)
{
	static const struct {
		const char *dir, *project;
	} cases[] = {{"ai-gateway", "ai-gateway"},
		     {"AI Gateway.2", "aigateway2"},
		     {"_-x_y-", "x_y-"},
		     {"\xc3\xa4", ""},
		     {"", ""}};
	struct arena a = ARENA_INIT;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(docker_project_name(&a, cases[i].dir), cases[i].project);
	arena_clear(&a);
}

static void names_for_docker(void **state)
{
	struct docker_name n;
	char longest[300];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[255] = '\0';
	assert_true(docker_name_set(&n, "ai-gateway_postgres_data"));
	assert_string_equal(n.text, "ai-gateway_postgres_data");
	assert_true(docker_name_set(&n, "0.x"));
	assert_true(docker_name_set(&n, longest));
	longest[255] = 'a', longest[256] = '\0';
	for (const char *const *p = (const char *const[]){"", "-a", ".a", "_a", "a/b", "..", "a b", "a\r\n", "a%20",
							  "a?b", "\xc3\xa4", longest, NULL};
	     *p; p++) {
		assert_false(docker_name_set(&n, *p));
		assert_string_equal(n.text, "");
	}
}

static void quote_is(struct bench *b, const char *line, unsigned col, const char *wanted)
{
	const char *quote = discreet_quote(&b->arena, line, col);

	if (wanted)
		assert_string_equal(quote, wanted);
	else
		assert_null(quote);
}

static void what_may_be_quoted(void **state)
{
	struct bench *b = *state;

	quote_is(b, "workers: two", 10, "workers: (hidden)");
	quote_is(b, "  - name: sk-x", 5, "  - name: (hidden)");
	quote_is(b, "services:", 1, "services:");
	quote_is(b, "  sk-abc", 3, NULL);
	quote_is(b, "OPENAI_API_KEY=sk-abc", 1, NULL);
	quote_is(b, "sk-abc: x", 1, NULL);
	quote_is(b, "\"sk-abc", 1, NULL);
	quote_is(b, "\"a\": b", 6, "\"a\": (hidden)");
	quote_is(b, "api_key: sk: x", 12, NULL);
	quote_is(b, "{a: sk}", 2, NULL);
	quote_is(b, "---", 1, "---");
	assert_true(discreet_is_harmless(&b->arena, SHAPE_NUMBER, "1536M"));
	assert_true(discreet_is_harmless(&b->arena, SHAPE_NONE, "${POSTGRES_PASSWORD}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_NONE, "${POSTGRES_PASSWORD:-hunter2}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_NONE, "${A:?sk-secret}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_NONE, "x${A}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_NUMBER, "hunter2"));
	assert_true(discreet_is_harmless(&b->arena, SHAPE_IMAGE, "ghcr.io/berriai/litellm:${TAG:-v1.89.0}"));
}

static void messages(void **state)
{
	struct bench *b = *state;
	struct strbuf out = STRBUF_INIT;
	struct diag *d = diag_add(&b->diags, SEV_ERROR, "a.yaml", "what %d", 1);

	d->line = 3;
	d->col = 4;
	d->quote = "\tgr\xc3\xbcn";
	d->hint = "do this";
	diag_render(d, &out);
	assert_string_equal(strbuf_text(&out), "a.yaml:3:4: error: what 1\n\tgr\xc3\xbcn\n\t  ^\n  do this\n");
	for (int i = 0; i < 40; i++)
		diag_add(&b->diags, SEV_WARNING, NULL, "more");
	assert_int_equal(diag_errors(&b->diags), 1);
	assert_int_equal(b->diags.count, 41);
	strbuf_clear(&out);
}

static void buffers(void **state)
{
	struct bench *b = *state;
	struct strbuf out = STRBUF_INIT;

	assert_string_equal(strbuf_text(&out), "");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&out, "%d,", i);
	assert_int_equal(out.len, 3890);
	assert_int_equal(strlen(strbuf_text(&out)), out.len);
	strbuf_clear(&out);
	for (size_t n = 0; n < 200; n++) {
		size_t align = n * 100 % _Alignof(max_align_t) ? _Alignof(void *) : _Alignof(max_align_t);
		char *p = arena_alloc(&b->arena, n * 100);

		assert_int_equal((uintptr_t)p % align, 0);
		for (size_t i = 0; i < n * 100; i++)
			assert_int_equal(p[i], 0);
	}
	assert_string_equal(arena_strndup(&b->arena, "abcdef", 3), "abc");
}

#define EACH_HAS_TEXT(name, count)                                                                                     \
	for (int i = 0; i < (count); i++)                                                                              \
		if (!name(i) || !name(i)[0])                                                                           \
	fail_msg(#name "(%d) has no text", i)

/* A table indexed by an enum has a hole if somebody inserted a value. */
static void every_value_has_a_text(void **state)
{
	(void)state;
	EACH_HAS_TEXT(verdict_name, VERDICT_COUNT);
	EACH_HAS_TEXT(verdict_text, VERDICT_COUNT);
	EACH_HAS_TEXT(swap_action_name, SWAP_ACT_COUNT);
	EACH_HAS_TEXT(confidence_name, FACT_CONFIDENCE_COUNT);
	EACH_HAS_TEXT(distro_class_name, DISTRO_CLASS_COUNT);
	EACH_HAS_TEXT(virt_kind_name, VIRT_KIND_COUNT);
	EACH_HAS_TEXT(swap_kind_name, SWAP_KIND_COUNT);
	EACH_HAS_TEXT(ram_gap_name, RAM_GAP_COUNT);
	EACH_HAS_TEXT(change_kind_name, CHANGE_KIND_COUNT);
	EACH_HAS_TEXT(file_fate_name, FILE_FATE_COUNT);
	EACH_HAS_TEXT(swap_fate_name, SWAP_FATE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_a_text),
		cmocka_unit_test(project_names),
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(people),
		cmocka_unit_test(words),
		cmocka_unit_test(printable),
		cmocka_unit_test(any_two_bytes),
		bench_test(formatted),
		bench_test(words_of_a_shell),
		cmocka_unit_test(names_for_docker),
		bench_test(what_may_be_quoted),
		bench_test(messages),
		bench_test(buffers),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Text for terminals: what cannot be shown is escaped, what can is left; UTF-8; words that were mistyped. */
#include "unit.h"

#include "core/strbuf.h"
#include "core/text.h"

typedef void shown_function(struct strbuf *out, const char *bytes, size_t len);

static const char *shown(struct bench *b, shown_function *how, const char *bytes, size_t len)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	how(&out, bytes, len);
	text = arena_strndup(&b->arena, strbuf_text(&out), out.len);
	assert_int_equal(strlen(text), out.len);
	strbuf_clear(&out);
	return text;
}

/* UTF-8 of a character by its definition (RFC 3629), surrogates and beyond included. */
static size_t encoded(uint32_t c, char *ret)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		ret[i] = (char)(0x80 | (c & 0x3f));
	ret[0] = (char)(lead[n] | c);
	ret[n] = '\0';
	return n;
}

static void characters(void **state)
{
	char bytes[8];
	uint32_t is;

	(void)state;
	for (uint32_t c = 1; c < 0x1fffff; c += c < 0x3000 ? 1 : 61) {
		size_t n = encoded(c, bytes);
		bool valid = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);

		is = 0;
		if (text_decode(bytes, n, &is) != (valid ? n : 0) || (valid && is != c) || text_is_utf8(bytes) != valid)
			fail_msg("U+%04X", c);
		assert_true(n == 1 || text_decode(bytes, n - 1, &is) == 0);
	}
}

/* A character written longer than need be is none: it could hide a line end. */
static void not_utf8(void **state)
{
	static const char *const texts[] = {"\xc0\x8a",
					    "\xc1\xbf",
					    "\xe0\x80\x8a",
					    "\xe0\x9f\xbf",
					    "\xf0\x80\x80\x8a",
					    "\xf0\x8f\xbf\xbf",
					    "\x80",
					    "\xbf",
					    "\xc3",
					    "\xc3(",
					    "\xe2\x82",
					    "\xe2(\xa1",
					    "\xe2\x82(",
					    "\xf0\x9f\x98",
					    "\xf8\x88\x80\x80\x80",
					    "\xfe",
					    "\xff",
					    "\xf4\x90\x80\x80",
					    "\xed\xa0\x80"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = arena_printf(&b->arena, "a%sb", texts[i]), *is = text_data_of(&b->arena, text);

		assert_false(text_is_utf8(text) || text_is_plain(text));
		assert_true(text_is_utf8(is));
		assert_int_equal(is[0], 'a');
		assert_int_equal(is[strlen(is) - 1], 'b');
	}
}

/* Whatever comes in, what goes out is UTF-8 without control characters, and escaping it again changes nothing. */
static void any_bytes(void **state)
{
	static const char letters[] =
		"ab\\x\n\r\t\033\x7f\x80\x9b\xc2\xc3\xbc\xe2\x80\xae\xa8\xef\xbb\xbf\xf3\xa0\x81\xff\x01";
	struct bench *b = *state;
	unsigned seed = 5;
	char text[40];

	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(rand_r(&seed) % 40);
		const char *data;

		for (size_t k = 0; k < n; k++)
			text[k] = letters[(size_t)rand_r(&seed) % sizeof(letters)];
		data = shown(b, text_data, text, n);
		assert_true(text_is_utf8(data) && text_is_plain(data));
		assert_int_equal(strcspn(data, "\n\r\t\033\x7f"), strlen(data));
		assert_string_equal(shown(b, text_data, data, strlen(data)), data);
		assert_true(text_is_utf8(shown(b, text_printable, text, n)));
		assert_null(strchr(shown(b, text_source, text, n), '\n'));
	}
}

static void line_ends(void **state)
{
	static const struct {
		const char *text, *printable, *source, *data;
	} rows[] = {
		{"a\nb", "a\nb", "a\\x0ab", "a\\x0ab"},
		{"a\r\nb", "a\r\nb", "a\\x0d\\x0ab", "a\\x0d\\x0ab"},
		{"a\r", "a\\x0d", "a\r", "a\\x0d"},
		{"a\rb", "a\\x0db", "a\\x0db", "a\\x0db"},
		{"a\tb", "a\tb", "a\tb", "a\\x09b"},
		{"", "", "", ""},
		{"\r\r\n", "\\x0d\r\n", "\\x0d\\x0d\\x0a", "\\x0d\\x0d\\x0a"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].text);

		assert_string_equal(shown(b, text_printable, rows[i].text, n), rows[i].printable);
		assert_string_equal(shown(b, text_source, rows[i].text, n), rows[i].source);
		assert_string_equal(shown(b, text_data, rows[i].text, n), rows[i].data);
	}
	assert_string_equal(shown(b, text_data, "a\0b", 3), "a\\x00b");
	assert_string_equal(shown(b, text_printable, "a\0b", 3), "a\\x00b");
}

/* What reorders text or cannot be seen is not shown; letters of any script are. */
static void invisible(void **state)
{
	static const uint32_t no[] = {0,      0x1f,   0x7f,   0x80,   0x9f,   0xad,   0x61c,  0x200b, 0x200e,  0x2028,
				      0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xfff9, 0xe0001, 0xe007f},
			      yes[] = {0x20, 0x7e, 0xa0, 0xfc, 0x416, 0x4e2d, 0x20ac, 0x1f600, 0x2010, 0x202f, 0x2070};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (text_is_shown(no[i]))
			fail_msg("U+%04X is shown", no[i]);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!text_is_shown(yes[i]))
			fail_msg("U+%04X is escaped", yes[i]);
}

static const char *const answers[] = {"workers", "swap", "swap-file", "swappiness", "profile",
				      "redis",	 "dir",	 "ram",	      "cpus"};

/* A distance is none to oneself, the same both ways, and no longer on the straight way. */
static void distances(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(answers); j++) {
			size_t d = text_distance(answers[i], answers[j]);

			assert_true((d == 0) == (i == j));
			assert_int_equal(d, text_distance(answers[j], answers[i]));
			for (size_t k = 0; k < ARRAY_SIZE(answers); k++)
				assert_true(d <= text_distance(answers[i], answers[k]) +
							 text_distance(answers[k], answers[j]));
		}
	assert_int_equal(text_distance("ab", "ba"), 1);
	assert_int_equal(text_distance("abc", "ac"), 1);
	assert_int_equal(text_distance("abc", "abxc"), 1);
	assert_int_equal(text_distance("abc", "axc"), 1);
	assert_int_equal(text_distance("abc", "xyz"), 3);
}

static void nearest(void **state)
{
	struct bench *b = *state;
	char text[100];

	/* One letter too few is near enough for every name, and the name itself is nearest. */
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const char *cut = arena_strndup(&b->arena, answers[i], strlen(answers[i]) - 1);

		assert_string_equal(text_nearest(answers[i], answers, ARRAY_SIZE(answers)), answers[i]);
		assert_string_equal(text_nearest(cut, answers, ARRAY_SIZE(answers)), answers[i]);
	}
	/* One edit is always near enough. */
	assert_string_equal(text_nearest("gp", (const char *const[]){"go"}, 1), "go");
	assert_null(text_nearest("xx", (const char *const[]){"go"}, 1));
	assert_null(text_nearest("", answers, ARRAY_SIZE(answers)));
	assert_null(text_nearest("xyz", answers, ARRAY_SIZE(answers)));
	memset(text, 'a', 99);
	text[99] = '\0';
	assert_null(text_nearest(text, answers, ARRAY_SIZE(answers)));
	assert_int_equal(text_distance(text, "a"), 99);
	text[40] = '\0';
	assert_int_equal(text_distance(text, text + 1), 1);
}

/* A string's width and precision count its own bytes; its data never ends a line. */
static void formatted(void **state)
{
	struct arena *a = &((struct bench *)*state)->arena;

	assert_string_equal(text_aprintf(a, "%s", "a\nb"), "a\\x0ab");
	assert_string_equal(text_aprintf(a, "%.1s|%.*s|%.0s|", "a\nb", 2, "a\nb", "x"), "a|a\\x0a||");
	assert_string_equal(text_aprintf(a, "%.9s|%5s|%-5s|", "ab", "ab", "ab"), "ab|   ab|ab   |");
	assert_string_equal(text_aprintf(a, "%s%s%d%s", "%d", "%n", 1, "%%"), "%d%n1%%");
	assert_string_equal(
		text_aprintf(a, "%ld %lu %lld %zu %x %X %o %05d %+d", -1L, 2UL, 3LL, (size_t)4, 255u, 255u, 8u, 6, 7),
		"-1 2 3 4 ff FF 10 00006 +7");
	assert_string_equal(text_aprintf(a, "100%%\n%c", 'x'), "100%\nx");
	assert_string_equal(text_aprintf(a, "none"), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(characters), bench_test(not_utf8),  bench_test(any_bytes), bench_test(line_ends),
		bench_test(invisible),	bench_test(distances), bench_test(nearest),   bench_test(formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

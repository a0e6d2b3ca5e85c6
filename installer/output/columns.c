/* SPDX-License-Identifier: MIT */
#include "output/columns.h"

#include <iconv.h>
#include <langinfo.h>
#include <string.h>
#include <wchar.h>

#include "core/text.h"

bool columns_is_utf8(void)
{
	return STR_EQ(nl_langinfo(CODESET), "UTF-8");
}

/* The non-UTF-8 character sets that newt supports have one byte per column. */
size_t columns_character(const char *p, size_t left, size_t *ret_columns)
{
	uint32_t c;
	size_t n;
	int columns;

	*ret_columns = 1;
	if (((unsigned char)*p >= ' ' && (unsigned char)*p < 0x7f) || !columns_is_utf8())
		return 1;
	n = text_decode(p, left, &c);
	if (n == 0)
		return 1;
	columns = wcwidth((wchar_t)c);
	*ret_columns = columns < 0 ? 1 : (size_t)columns;
	return n;
}

size_t columns_of(const char *text, size_t len)
{
	size_t sum = 0, columns;

	for (size_t at = 0; at < len; sum += columns)
		at += columns_character(text + at, len - at, &columns);
	return sum;
}

static size_t missing(const char *text, size_t width)
{
	size_t have = columns_of(text, strlen(text));

	return have < width ? width - have : 0;
}

void columns_left(struct strbuf *out, const char *text, size_t width)
{
	struct arena a = ARENA_INIT;
	const char *shown = text_data_of(&a, text);

	strbuf_puts(out, shown);
	strbuf_fill(out, ' ', missing(shown, width));
	arena_clear(&a);
}

void columns_right(struct strbuf *out, const char *text, size_t width)
{
	struct arena a = ARENA_INIT;
	const char *shown = text_data_of(&a, text);

	strbuf_fill(out, ' ', missing(shown, width));
	strbuf_puts(out, shown);
	arena_clear(&a);
}

void columns_figure(struct strbuf *out, bool known, int64_t n, size_t width)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%lld", (long long)n);
	columns_right(out, known ? strbuf_text(&text) : "-", width);
	strbuf_clear(&text);
}

/* Converts one character to the locale's character set, or to '?'. */
static void put_in_locale(iconv_t cd, const char *bytes, size_t n, struct strbuf *out)
{
	char *from = (char *)bytes, letter[16], *to = letter;
	size_t left = n, room = sizeof(letter);

	if (cd != (iconv_t)-1 && iconv(cd, &from, &left, &to, &room) != (size_t)-1 && to > letter)
		strbuf_add(out, letter, (size_t)(to - letter));
	else
		strbuf_putc(out, '?');
}

char *columns_to_locale(struct arena *a, char *text)
{
	size_t len = strlen(text), n;
	struct strbuf out = STRBUF_INIT;
	uint32_t c;
	iconv_t cd;

	if (text_plain(text, len) == len || columns_is_utf8())
		return text;
	cd = iconv_open(nl_langinfo(CODESET), "UTF-8");
	for (size_t at = 0; at < len; at += n) {
		n = text_decode(text + at, len - at, &c);
		n = n ? n : 1;
		put_in_locale(cd, text + at, n, &out);
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* SPDX-License-Identifier: MIT */
#include "output/style.h"

#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/columns.h"

static const char *const codes[] = {
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_WARN] = "\033[33m",
	[COLOUR_BAD] = "\033[31m",
	[COLOUR_STRONG] = "\033[1m",
	/* Green and red are the verdicts'. Blue, yellow and cyan are told apart by everybody, at any lightness. */
	[COLOUR_PART_FIRST] = "\033[34m",
	[COLOUR_PART_2] = "\033[93m",
	[COLOUR_PART_3] = "\033[36m",
	[COLOUR_PART_4] = "\033[35m",
	[COLOUR_PART_5] = "\033[94m",
	[COLOUR_PART_ENGINE] = "\033[96m",
	[COLOUR_PART_SYSTEM] = "\033[90m",
};
ALL_NAMED(codes, COLOUR_COUNT);
static const char plain[] = "\033[0m";

/* The text is data: escape it, so that it stays on its line and cannot control the terminal. */
void style_add(const struct style *s, struct strbuf *out, enum colour c, const char *text)
{
	bool colour = s->colour && c != COLOUR_PLAIN;

	if (colour)
		strbuf_puts(out, codes[c]);
	text_source(out, text, strlen(text));
	if (colour)
		strbuf_puts(out, plain);
}

static bool begins(const char *p, size_t left, const char *code)
{
	return left >= strlen(code) && memcmp(p, code, strlen(code)) == 0;
}

size_t style_read(const char *p, size_t left, enum colour *ret)
{
	*ret = COLOUR_PLAIN;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (begins(p, left, codes[i])) {
			*ret = (enum colour)i;
			return strlen(codes[i]);
		}
	return begins(p, left, plain) ? strlen(plain) : 0;
}

size_t style_code(const char *p, size_t left)
{
	enum colour which;

	return style_read(p, left, &which);
}

enum colour style_of_verdict(enum verdict v)
{
	static const enum colour colours[VERDICT_COUNT] = {COLOUR_GOOD, COLOUR_WARN, COLOUR_WARN, COLOUR_BAD};

	return colours[v];
}

static void wrap(struct strbuf *out, const char *label, size_t indent, const char *text)
{
	size_t column = columns_of(label, strlen(label));

	strbuf_puts(out, label);
	if (column < indent)
		strbuf_fill(out, ' ', indent - column);
	column = column < indent ? indent : column;
	for (bool first = true; *text; first = false) {
		size_t word = strcspn(text, " "), columns = columns_of(text, word);

		if (!first && column + 1 + columns > TEXT_COLUMNS) {
			strbuf_putc(out, '\n');
			strbuf_fill(out, ' ', indent);
			column = indent;
		} else if (!first) {
			strbuf_putc(out, ' ');
			column++;
		}
		strbuf_add(out, text, word);
		column += columns;
		text += word;
		text += strspn(text, " ");
	}
	strbuf_putc(out, '\n');
}

/* Label and text are kept to one line each. */
void style_wrap(struct strbuf *out, const char *label, size_t indent, const char *text)
{
	struct arena a = ARENA_INIT;

	wrap(out, text_data_of(&a, label), indent, text_data_of(&a, text));
	arena_clear(&a);
}

void style_wrapf(struct strbuf *out, const char *label, size_t indent, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	style_wrap(out, label, indent, strbuf_text(&text));
	strbuf_clear(&text);
}

size_t style_label_column(const char *const *labels, size_t n, size_t least)
{
	size_t column = least;

	for (size_t i = 0; i < n; i++) {
		const char *label = _(labels[i]);
		size_t behind = columns_of(label, strlen(label)) + 1;

		column = behind > column ? behind : column;
	}
	return column;
}

void style_gauge(struct strbuf *out, int64_t used, int64_t ram, int64_t swap, size_t width)
{
	int64_t whole = max_i64(max_i64(ram + swap, used), 1);
	int64_t columns = (int64_t)width;
	int64_t filled = min_i64(columns, (used * columns + whole - 1) / whole);
	int64_t edge = ram < whole ? ram * columns / whole : columns;

	strbuf_putc(out, '[');
	for (int64_t i = 0; i < columns; i++) {
		if (i == edge)
			strbuf_putc(out, '|');
		strbuf_putc(out, i < filled ? '#' : '.');
	}
	if (edge == columns)
		strbuf_putc(out, '|');
	strbuf_putc(out, ']');
}

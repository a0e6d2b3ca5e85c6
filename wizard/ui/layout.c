/* SPDX-License-Identifier: MIT */
#include "wizard/ui/layout.h"

#include <string.h>

#include "core/text.h"
#include "output/bar.h"
#include "output/columns.h"
#include "output/style.h"

/* Label column of a text, if there is room for it. */
#define INDENT 14
#define NARROW 50
#define ROW_LABEL 26
#define ROW_WAS 18
#define GAUGE_LABEL 6
#define GAUGE_LEAST 12
#define GAUGE_MOST 50

size_t layout_columns(const char *text, size_t len)
{
	return columns_of(text, len);
}

/* How many bytes of the text fit into width columns; at least one character. */
static size_t fitting(const char *text, size_t len, size_t width)
{
	size_t at = 0, sum = 0, columns;

	while (at < len) {
		size_t n = columns_character(text + at, len - at, &columns);

		if (sum + columns > width && at > 0)
			break;
		sum += columns;
		at += n;
	}
	return at;
}

static char *clean_by(struct arena *a, void (*add)(struct strbuf *, const char *, size_t), const char *text)
{
	struct strbuf out = STRBUF_INIT;
	char *clean;

	add(&out, text, strlen(text));
	clean = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	for (char *p = clean; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return columns_to_locale(a, clean);
}

char *layout_clean(struct arena *a, const char *text)
{
	return clean_by(a, text_data, text);
}

char *layout_cut(struct arena *a, const char *text, size_t columns)
{
	size_t len = strlen(text);

	if (layout_columns(text, len) <= columns || columns < 4)
		return arena_strndup(a, text, fitting(text, len, columns));
	return arena_printf(a, "%.*s...", (int)fitting(text, len, columns - 3), text);
}

struct wrapping {
	struct strbuf *out;
	size_t width;
	size_t indent;
	size_t column;
};

static void new_line(struct wrapping *w)
{
	strbuf_putc(w->out, '\n');
	strbuf_fill(w->out, ' ', w->indent);
	w->column = w->indent;
}

/* A word longer than a line is broken at the margin. */
static void put_word(struct wrapping *w, const char *word, size_t len, bool first)
{
	size_t columns = layout_columns(word, len);

	if (!first && w->column + 1 + columns > w->width) {
		new_line(w);
	} else if (!first) {
		strbuf_putc(w->out, ' ');
		w->column++;
	}
	while (w->column + columns > w->width) {
		size_t n = fitting(word, len, w->column < w->width ? w->width - w->column : 1);

		strbuf_add(w->out, word, n);
		word += n;
		len -= n;
		columns = layout_columns(word, len);
		new_line(w);
	}
	strbuf_add(w->out, word, len);
	w->column += columns;
}

static void put_text(struct wrapping *w, const char *text)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " \n");

		put_word(w, text, n, first);
		text += n;
		first = false;
		for (; *text == ' ' || *text == '\n'; text++)
			if (*text == '\n') {
				new_line(w);
				first = true;
			}
	}
	strbuf_putc(w->out, '\n');
}

static enum colour mark_colour(const char *label)
{
	return STR_EQ(label, "[!]") ? COLOUR_WARN : STR_EQ(label, " i ") ? COLOUR_STRONG : COLOUR_PLAIN;
}

/* A label wider than its column gets a line of its own; so do all on a narrow screen. */
static void text_block(const char *label, const char *text, size_t width, const struct style *style, struct strbuf *out)
{
	size_t len = strlen(label), columns = layout_columns(label, len);
	size_t indent = len == 0 ? 0 : columns <= 3 ? 4 : INDENT;
	struct wrapping w = {out, width, indent, columns};

	style_add(style, out, mark_colour(label), label);
	if (columns > 3 && (width < NARROW || columns >= indent)) {
		w.indent = 2;
		new_line(&w);
	} else if (columns < indent) {
		strbuf_fill(out, ' ', indent - columns);
		w.column = indent;
	}
	put_text(&w, text);
}

static void fixed_block(const char *text, size_t width, struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		do {
			size_t n = fitting(text, len, width);

			strbuf_add(out, text, n);
			strbuf_putc(out, '\n');
			text += n;
			len -= n;
		} while (len > 0);
		text += *text == '\n';
	}
}

static void pad(struct strbuf *out, const char *text, size_t columns)
{
	size_t have = layout_columns(text, strlen(text));

	strbuf_puts(out, text);
	strbuf_fill(out, ' ', have < columns ? columns - have : 1);
}

/* The verdict at the end of a gauge's text, in its colour. */
static void verdict_text_of(const struct block *b, const char *text, const struct style *style, struct strbuf *out)
{
	size_t len = strlen(text), tail = b->more ? strlen(b->more) : 0;

	if (tail == 0 || tail > len || !STR_EQ(text + len - tail, b->more)) {
		strbuf_puts(out, text);
		return;
	}
	strbuf_add(out, text, len - tail);
	style_add(style, out, style_of_verdict(b->verdict), b->more);
}

static void gauge_block(const struct block *b, const char *label, const char *text, size_t width,
			const struct style *style, struct strbuf *out)
{
	size_t beside = GAUGE_LABEL + 4 + layout_columns(text, strlen(text));
	bool one_line = width >= beside + GAUGE_LEAST;
	size_t bar = one_line ? width - beside : width - GAUGE_LABEL - 3;

	pad(out, label, GAUGE_LABEL);
	style_gauge(out, b->used, b->ram, b->swap, bar < GAUGE_MOST ? bar : GAUGE_MOST);
	if (one_line) {
		strbuf_putc(out, ' ');
		verdict_text_of(b, text, style, out);
		strbuf_putc(out, '\n');
		return;
	}
	strbuf_putc(out, '\n');
	text_block("   ", text, width, style, out);
}

static void row_block(const char *label, const char *was, const char *will, size_t width, const struct style *style,
		      struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;

	if (width >= ROW_LABEL + 2 * ROW_WAS) {
		pad(out, label, ROW_LABEL);
		pad(out, was, ROW_WAS);
		strbuf_printf(out, "%s\n", will);
		return;
	}
	strbuf_printf(&text, "%s: %s -> %s", label, was, will);
	text_block("", strbuf_text(&text), width, style, out);
	strbuf_clear(&text);
}

static void one_block(struct arena *a, const struct block *b, size_t width, const struct style *style,
		      struct strbuf *out)
{
	const char *label = layout_clean(a, b->label);
	/* Already formatted lines; data in them was escaped by whoever made them. */
	const char *text = b->kind == BLOCK_FIXED ? clean_by(a, text_printable, b->text) : layout_clean(a, b->text);

	switch (b->kind) {
	case BLOCK_TEXT:
		text_block(label, text, width, style, out);
		break;
	case BLOCK_FIXED:
		fixed_block(text, width, out);
		break;
	case BLOCK_GAUGE:
		gauge_block(b, label, text, width, style, out);
		break;
	case BLOCK_BAR:
		bar_text(b->bar, style, width, out);
		break;
	case BLOCK_ROW:
		row_block(label, text, layout_clean(a, b->more), width, style, out);
		break;
	case BLOCK_GAP:
		strbuf_putc(out, '\n');
		break;
	}
}

void layout_blocks(struct arena *a, const struct blocks *b, size_t width, const struct style *style, struct strbuf *out)
{
	for (size_t i = 0; i < b->count; i++)
		one_block(a, &b->items[i], width, style, out);
}

size_t layout_count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

const char *layout_line(const char *text, size_t n)
{
	while (n > 0 && *text)
		n -= *text++ == '\n';
	return text;
}

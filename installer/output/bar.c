/* SPDX-License-Identifier: MIT */
#include "output/bar.h"

#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "output/columns.h"

#define LABEL 6
#define LEAST 10
#define MOST 64
/* The frame, and the mark where RAM ends. */
#define FRAME 3

static const char *label_of(const struct bar_segment *s)
{
	static const char *const labels[] = {
		[BAR_SERVICE] = "",	     [BAR_OTHERS] = N_("others"), [BAR_ENGINE] = "Docker",
		[BAR_SYSTEM] = N_("system"), [BAR_FREE] = N_("free"),
	};

	return s->label ? s->label : labels[s->kind][0] ? _(labels[s->kind]) : "";
}

/* Services take turns with five colours; the letter in a segment is what tells it from the others. */
static enum colour colour_of(const struct bar *b, size_t i)
{
	switch (b->items[i].kind) {
	case BAR_ENGINE:
		return COLOUR_PART_ENGINE;
	case BAR_SYSTEM:
		return COLOUR_PART_SYSTEM;
	case BAR_OTHERS:
	case BAR_SERVICE:
		return (enum colour)(COLOUR_PART_FIRST + i % COLOUR_PARTS);
	case BAR_FREE:
		break;
	}
	return COLOUR_PLAIN;
}

static const char *filling(const struct style *style, enum bar_kind kind)
{
	if (kind == BAR_FREE)
		return style->blocks ? "\u2591" : ".";
	return style->blocks ? "\u2588" : "=";
}

/* The columns from `from` to `to` of a segment, which begins with its letter. */
static void piece(const struct bar *b, size_t i, const struct style *style, size_t from, size_t to, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	const char letter[] = {b->items[i].letter, '\0'};

	for (size_t k = from; k < to; k++)
		strbuf_puts(&text, k == 0 && letter[0] ? letter : filling(style, b->items[i].kind));
	if (to > from)
		style_add(style, out, colour_of(b, i), strbuf_text(&text));
	strbuf_clear(&text);
}

static void bar_line(const struct bar *b, const struct style *style, size_t width, struct strbuf *out)
{
	size_t columns[MAX_BAR] = {0}, edge = bar_edge(b, width), at = 0;

	columns_left(out, _("RAM"), LABEL);
	strbuf_putc(out, '[');
	bar_columns(b, width, columns);
	for (size_t i = 0; i < b->count; at += columns[i++]) {
		bool cut = edge >= at && edge < at + columns[i] && edge < width;
		size_t before = cut ? edge - at : columns[i];

		piece(b, i, style, 0, before, out);
		if (cut)
			strbuf_putc(out, '|');
		piece(b, i, style, before, columns[i], out);
	}
	strbuf_puts(out, "]\n");
}

/* An item goes to the next line as a whole. */
static void item(struct strbuf *out, size_t *column, size_t width, const struct style *style, enum colour colour,
		 const char *mark, const char *text)
{
	size_t columns = columns_of(mark, strlen(mark)) + 1 + columns_of(text, strlen(text));

	if (*column > LABEL && *column + 2 + columns > width) {
		strbuf_putc(out, '\n');
		*column = 0;
	}
	strbuf_fill(out, ' ', *column == 0 ? LABEL : 2);
	*column = (*column == 0 ? LABEL : *column + 2) + columns;
	style_add(style, out, colour, mark);
	text_printf(out, " %s", text);
}

static void legend(const struct bar *b, const struct style *style, size_t width, struct strbuf *out)
{
	struct arena a = ARENA_INIT;
	size_t column = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct bar_segment *s = &b->items[i];
		const char mark[] = {s->letter, '\0'};

		item(out, &column, width, style, colour_of(b, i), mark[0] ? mark : filling(style, s->kind),
		     arena_printf(&a, "%s %lld", label_of(s), (long long)s->mib));
	}
	if (b->in_swap_mib > 0)
		item(out, &column, width, style, COLOUR_WARN, "|",
		     arena_printf(&a, _("%lld in swap"), (long long)b->in_swap_mib));
	if (b->missing_mib > 0)
		item(out, &column, width, style, COLOUR_BAD, "|",
		     arena_printf(&a, _("%lld too much"), (long long)b->missing_mib));
	strbuf_putc(out, '\n');
	arena_clear(&a);
}

/*
 * The bar, then the legend, in lines of at most `width` columns. Every segment begins with a letter that the legend
 * explains, so that nothing depends on colour.
 */
void bar_text(const struct bar *b, const struct style *style, size_t width, struct strbuf *out)
{
	size_t room = width > LABEL + FRAME + LEAST ? width - LABEL - FRAME : LEAST;

	bar_line(b, style, room < MOST ? room : MOST, out);
	legend(b, style, width, out);
}

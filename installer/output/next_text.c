/* SPDX-License-Identifier: MIT */
#include "output/next_text.h"

#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "output/columns.h"
#include "output/style.h"

#define NUMBER_COLUMN 4
#define DAILY_LEAST 16

/* Columns of the labels of the daily commands, from the left edge. */
static size_t daily_column(const struct next_steps *n)
{
	size_t column = DAILY_LEAST;

	for (size_t i = 0; i < n->count; i++) {
		size_t behind = columns_of(n->items[i].text, strlen(n->items[i].text)) + 2;

		if (n->items[i].daily && behind > column)
			column = behind;
	}
	return column;
}

static void add_step(const struct next_step *step, size_t number, struct strbuf *out)
{
	struct strbuf label = STRBUF_INIT;

	strbuf_printf(&label, "%2zu.", number);
	style_wrap(out, strbuf_text(&label), NUMBER_COLUMN, step->text);
	strbuf_clear(&label);
	if (step->command)
		text_printf(out, "%*s%s\n", NUMBER_COLUMN + 4, "", step->command);
}

void next_text(const struct next_steps *n, struct strbuf *out)
{
	const size_t column = daily_column(n);
	size_t number = 0;

	for (size_t i = 0; i < n->count; i++)
		if (!n->items[i].daily)
			add_step(&n->items[i], ++number, out);
	if (number > 0)
		strbuf_putc(out, '\n');
	for (size_t i = 0; i < n->count; i++) {
		if (!n->items[i].daily)
			continue;
		columns_left(out, n->items[i].text, column);
		text_printf(out, "%s\n", n->items[i].command);
	}
}

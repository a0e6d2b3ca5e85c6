/* SPDX-License-Identifier: MIT */
#include "core/diag.h"

#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"

/* Makes an empty list; texts of its messages are allocated from a. */
void diag_init(struct diag_list *l, struct arena *a)
{
	*l = (struct diag_list){.arena = a};
}

/* Releases the list; the texts stay in the arena. */
void diag_clear(struct diag_list *l)
{
	free(l->items);
	*l = (struct diag_list){.arena = l->arena};
}

static struct diag *add(struct diag_list *l, enum severity sev, const char *file, const char *text)
{
	struct diag *d;

	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	d = &l->items[l->count++];
	*d = (struct diag){.severity = sev, .file = file ? text_data_of(l->arena, file) : NULL};
	d->text = text_data_of(l->arena, text);
	return d;
}

/* Escapes file and text as data of one line: a name in them cannot end the line or control a terminal. */
struct diag *diag_add(struct diag_list *l, enum severity sev, const char *file, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	return add(l, sev, file, text);
}

struct diag *diag_note(struct diag_list *l, const char *code, enum severity sev, const char *file, const char *fmt, ...)
{
	const char *text;
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	d = add(l, sev, file, text);
	d->code = code;
	return d;
}

/* The number of errors; warnings and notes do not count. */
size_t diag_errors(const struct diag_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->items[i].severity == SEV_ERROR;
	return n;
}

/* Copies tabs, so that the caret stays below its character at any tab width. */
static void render_caret(const struct diag *d, struct strbuf *out)
{
	const char *p = d->quote;

	for (unsigned column = 1; column < d->col; column++) {
		strbuf_putc(out, *p == '\t' ? '\t' : ' ');
		if (*p)
			p++;
		while (((unsigned char)*p & 0xc0) == 0x80)
			p++;
	}
	strbuf_puts(out, "^\n");
}

void diag_render(const struct diag *d, struct strbuf *out)
{
	static const char *const names[] = {
		[SEV_INFO] = N_("note"),
		[SEV_WARNING] = N_("warning"),
		[SEV_ERROR] = N_("error"),
	};

	ALL_NAMED(names, SEVERITY_COUNT);

	if (d->file)
		strbuf_puts(out, d->file);
	if (d->file && d->line > 0)
		strbuf_printf(out, ":%u", d->line);
	if (d->file && d->line > 0 && d->col > 0)
		strbuf_printf(out, ":%u", d->col);
	if (d->file)
		strbuf_puts(out, ": ");
	strbuf_printf(out, "%s: %s\n", _(names[d->severity]), d->text);
	if (d->quote) {
		text_source(out, d->quote, strlen(d->quote));
		strbuf_putc(out, '\n');
		if (d->col > 0)
			render_caret(d, out);
	}
	if (d->hint)
		text_printf(out, "  %s\n", d->hint);
}

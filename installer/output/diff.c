/* SPDX-License-Identifier: MIT */
#include "output/diff.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"
#include "core/units.h"

#define CONTEXT 3
/* With more changed lines than this, do not search for the shortest diff: delete all, add all. */
#define MAX_CHANGES 1500

struct line {
	const char *text;
	size_t len; /* including the line end */
	const char *shown;
	size_t shown_len; /* without the line end */
};

struct lines {
	struct line *items;
	size_t count;
};

/* Edit operations on lines; the values are the diff's markers. */
enum op { OP_KEEP = ' ', OP_OUT = '-', OP_IN = '+' };

struct script {
	char *ops;
	size_t count;
};

static struct lines split(struct arena *a, struct diff_side side)
{
	struct lines l = {NULL, 0};
	size_t n = 0, at = 0;
	const char *shown = side.shown;

	for (const char *end; (end = at < side.len ? memchr(side.text + at, '\n', side.len - at) : NULL); n++)
		at = (size_t)(end - side.text) + 1;
	at = 0;
	l.items = arena_array(a, n + 2, sizeof(*l.items)); /* the last line may have no end */
	while (at < side.len) {
		const char *end = memchr(side.text + at, '\n', side.len - at);
		size_t len = end ? (size_t)(end - side.text) + 1 - at : side.len - at;

		l.items[l.count++] = (struct line){side.text + at, len, shown, strcspn(shown, "\n")};
		at += len;
		shown += strcspn(shown, "\n");
		shown += *shown == '\n';
	}
	return l;
}

static bool same(const struct line *x, const struct line *y)
{
	return x->len == y->len && memcmp(x->text, y->text, x->len) == 0;
}

static void add_ops(struct script *s, enum op op, size_t n)
{
	memset(s->ops + s->count, op, n);
	s->count += n;
}

/*
 * How far d changes reach on a diagonal (E. Myers, "An O(ND) Difference Algorithm", 1986). Paths of d changes end on
 * every second diagonal from -d to d, so that a row has d + 1 entries.
 */
typedef int32_t reach;

static reach *on(reach *row, int64_t d, int64_t k)
{
	return &row[(k + d) / 2];
}

/* Is the last change on the path to diagonal k an added line? Otherwise it is a removed one. */
static bool comes_down(reach *before, int64_t d, int64_t k)
{
	return k == -d || (k != d && *on(before, d - 1, k - 1) < *on(before, d - 1, k + 1));
}

/* Walks back from the end and writes the operations backwards from `end`. */
static void trace_back(const struct lines *x, const struct lines *y, reach **rows, int64_t d, char *end)
{
	int64_t i = (int64_t)x->count, j = (int64_t)y->count;

	for (; d > 0; d--) {
		int64_t k = i - j;
		bool down = comes_down(rows[d - 1], d, k);
		int64_t from = *on(rows[d - 1], d - 1, down ? k + 1 : k - 1);
		int64_t from_j = from - (down ? k + 1 : k - 1);

		for (; i > from + !down && j > from_j + down; i--, j--)
			*--end = OP_KEEP;
		*--end = down ? OP_IN : OP_OUT;
		i = from;
		j = from_j;
	}
	for (; i > 0; i--)
		*--end = OP_KEEP;
}

/* Where the path of d changes to diagonal k ends, after the lines that both sides share behind its last change. */
static int64_t follow(const struct lines *x, const struct lines *y, reach *before, int64_t d, int64_t k)
{
	int64_t n = (int64_t)x->count, m = (int64_t)y->count, i = 0;

	if (d > 0)
		i = comes_down(before, d, k) ? *on(before, d - 1, k + 1) : *on(before, d - 1, k - 1) + 1;
	while (i < n && i - k < m && same(&x->items[i], &y->items[i - k]))
		i++;
	return i;
}

/* Computes the shortest script; returns false if it would exceed MAX_CHANGES. */
static bool shortest(struct arena *a, const struct lines *x, const struct lines *y, struct script *s)
{
	int64_t n = (int64_t)x->count, m = (int64_t)y->count, max = min_i64(n + m, MAX_CHANGES);
	reach **rows = arena_array(a, (size_t)max + 1, sizeof(*rows));

	for (int64_t d = 0; d <= max; d++) {
		rows[d] = arena_array(a, (size_t)d + 1, sizeof(**rows));
		for (int64_t k = -d; k <= d; k += 2) {
			int64_t i = follow(x, y, d > 0 ? rows[d - 1] : NULL, d, k);

			*on(rows[d], d, k) = (reach)i;
			if (i >= n && i - k >= m) {
				s->count += (size_t)((n + m + d) / 2);
				trace_back(x, y, rows, d, s->ops + s->count);
				return true;
			}
		}
	}
	return false;
}

/* Common lines at both ends are excluded from the search. */
static struct script compare(struct arena *a, const struct lines *x, const struct lines *y)
{
	struct script s = {arena_alloc(a, x->count + y->count + 1), 0};
	size_t head = 0, tail = 0, shorter = x->count < y->count ? x->count : y->count;
	struct lines from, to;

	while (head < shorter && same(&x->items[head], &y->items[head]))
		head++;
	while (tail < shorter - head && same(&x->items[x->count - 1 - tail], &y->items[y->count - 1 - tail]))
		tail++;
	from = (struct lines){x->items + head, x->count - head - tail};
	to = (struct lines){y->items + head, y->count - head - tail};
	add_ops(&s, OP_KEEP, head);
	/* A new file, or one that goes, needs no search. */
	if (from.count == 0 || to.count == 0 || !shortest(a, &from, &to, &s)) {
		add_ops(&s, OP_OUT, from.count);
		add_ops(&s, OP_IN, to.count);
	}
	add_ops(&s, OP_KEEP, tail);
	return s;
}

static void put_line(struct arena *a, enum op op, const struct line *l, const struct style *style, struct strbuf *out)
{
	bool ended = l->len > 0 && l->text[l->len - 1] == '\n';
	char *text = arena_alloc(a, l->shown_len + 2);

	text[0] = (char)op;
	memcpy(text + 1, l->shown, l->shown_len);
	if (op == OP_KEEP)
		text_source(out, text, strlen(text));
	else
		style_add(style, out, op == OP_IN ? COLOUR_GOOD : COLOUR_BAD, text);
	strbuf_putc(out, '\n');
	if (!ended)
		strbuf_puts(out, "\\ No newline at end of file\n");
}

/* Prints a hunk of the operations [from, to); x_at and y_at lines come before it. */
static void put_hunk(struct arena *a, const struct script *s, size_t from, size_t to, const struct lines *x,
		     size_t x_at, const struct lines *y, size_t y_at, const struct style *style, struct strbuf *out)
{
	size_t x_count = 0, y_count = 0;

	for (size_t i = from; i < to; i++) {
		x_count += s->ops[i] != OP_IN;
		y_count += s->ops[i] != OP_OUT;
	}
	style_add(style, out, COLOUR_STRONG,
		  arena_printf(a, "@@ -%zu,%zu +%zu,%zu @@", x_at + (x_count > 0), x_count, y_at + (y_count > 0),
			       y_count));
	strbuf_putc(out, '\n');
	for (size_t i = from; i < to; i++) {
		const struct line *l = s->ops[i] == OP_IN ? &y->items[y_at] : &x->items[x_at];

		put_line(a, (enum op)s->ops[i], l, style, out);
		x_at += s->ops[i] != OP_IN;
		y_at += s->ops[i] != OP_OUT;
	}
}

/* The end of the hunk with a change at `at`: changes at most two contexts apart share a hunk. */
static size_t hunk_end(const struct script *s, size_t at)
{
	size_t last = at;

	for (size_t i = at; i < s->count && i <= last + 2 * CONTEXT + 1; i++)
		if (s->ops[i] != OP_KEEP)
			last = i;
	return last + 1 + CONTEXT < s->count ? last + 1 + CONTEXT : s->count;
}

void diff_unified(struct arena *a, const char *path, struct diff_side before, struct diff_side after,
		  const struct style *style, struct strbuf *out)
{
	struct lines x = split(a, before), y = split(a, after);
	struct script s = compare(a, &x, &y);
	size_t x_at = 0, y_at = 0;

	if (!memchr(s.ops, OP_IN, s.count) && !memchr(s.ops, OP_OUT, s.count))
		return;
	text_printf(out, "--- %s\n+++ %s\n", before.text ? path : "/dev/null", after.text ? path : "/dev/null");
	for (size_t i = 0; i < s.count;) {
		size_t from, to;

		if (s.ops[i] == OP_KEEP) {
			i++, x_at++, y_at++;
			continue;
		}
		from = i > CONTEXT && x_at >= CONTEXT ? i - CONTEXT : 0;
		to = hunk_end(&s, i);
		put_hunk(a, &s, from, to, &x, x_at - (i - from), &y, y_at - (i - from), style, out);
		for (; i < to; i++) {
			x_at += s.ops[i] != OP_IN;
			y_at += s.ops[i] != OP_OUT;
		}
	}
}

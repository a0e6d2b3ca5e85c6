/* SPDX-License-Identifier: MIT */
/* The meaning of an assignment's bytes: quotes, escapes and variables, for each Compose. */
#include <string.h>

#include "core/macros.h"
#include "core/strbuf.h"
#include "compose/env_read.h"

/* Above these a value counts as open, so that nested variables cannot take exponential time. */
#define MAX_LOOKUPS 200
#define MAX_VALUE 65536

struct expansion {
	struct arena *a;
	const struct env_reading *r;
	size_t lookups;
	bool open;
};

static void expand_item(struct expansion *x, const struct env_item *item, struct strbuf *out);

/* Decodes a quoted value as python-dotenv does. */
static void unescape_1(const char *p, const char *end, char quote, struct strbuf *out)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";

	for (; p < end; p++) {
		const char *c = NULL;

		if (*p == '\\' && p + 1 < end && quote == '"')
			c = strchr(from, p[1]);
		if (c) {
			strbuf_putc(out, to[c - from]);
			p++;
		} else if (*p == '\\' && p + 1 < end &&
			   (p[1] == '\\' || p[1] == '\'' || (p[1] == '"' && quote == '"'))) {
			strbuf_putc(out, *++p);
		} else if (*p == '\r') {
			/* Universal newlines. */
			strbuf_putc(out, '\n');
			p += p + 1 < end && p[1] == '\n';
		} else {
			strbuf_putc(out, *p);
		}
	}
}

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && n < 3 && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

/* The escape "\0" with up to three digits: a byte if three octal ones below 0200, else verbatim. Returns the count. */
static size_t put_octal(const char *p, const char *end, struct strbuf *out)
{
	size_t n = digits(p, end);
	unsigned value = n == 3 ? (unsigned)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0')) : 256;

	if (n == 3 && p[0] < '4' && p[1] < '8' && p[2] < '8' && value > 0 && value < 128) {
		strbuf_putc(out, (char)value);
		return n;
	}
	strbuf_putc(out, '\\');
	strbuf_add(out, p, n);
	return n;
}

/*
 * Decodes a quoted value as compose-go does: a backslash before its own quote; between double quotes other escapes
 * too, where "\$" becomes "$$", a literal '$' for expand().
 */
static void unescape_2(const char *p, const char *end, char quote, struct strbuf *out)
{
	static const char from[] = "abfnrtv\"\\", to[] = "\a\b\f\n\r\t\v\"\\";

	for (; p < end; p++) {
		const char *c = NULL;

		if (*p == '\\' && p + 1 < end && p[1] == quote) {
			strbuf_putc(out, *++p);
			continue;
		}
		if (*p == '\\' && p + 1 < end && quote == '"')
			c = strchr(from, p[1]);
		if (c) {
			strbuf_putc(out, to[c - from]);
			p++;
		} else if (*p == '\\' && p + 1 < end && quote == '"' && p[1] == '0') {
			p += 1 + put_octal(p + 2, end, out);
		} else if (*p == '\\' && p + 1 < end && quote == '"' && p[1] == '$') {
			strbuf_puts(out, "$$");
			p++;
		} else {
			strbuf_putc(out, *p);
		}
	}
}

static size_t name_length(const char *p)
{
	size_t n = 0;

	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') || (p[n] >= '0' && p[n] <= '9') ||
	       p[n] == '_')
		n++;
	return n;
}

/* The last assignment of a name before the one that refers to it. */
static const struct env_item *earlier(struct expansion *x, const char *name, const struct env_item *before)
{
	return ++x->lookups > MAX_LOOKUPS ? NULL : env_reading_before(x->r, name, before->start);
}

static void expand(struct expansion *x, const struct env_item *before, const char *text, struct strbuf *out);

/* Appends a variable's value; false if the file does not set it before the reference. */
static bool put_variable(struct expansion *x, const struct env_item *before, const char *name, struct strbuf *out)
{
	const struct env_item *item = earlier(x, name, before);

	if (!item || item->alone)
		return false;
	expand_item(x, item, out);
	return true;
}

/* Expands the text between braces: "NAME", "NAME:-DEFAULT" and the like. */
static void put_braces(struct expansion *x, const struct env_item *before, const char *p, size_t len,
		       struct strbuf *out)
{
	size_t n = name_length(p) < len ? name_length(p) : len;
	const char *name = arena_strndup(x->a, p, n), *rest = p + n, *end = p + len;
	bool colon = rest < end && *rest == ':';
	struct strbuf value = STRBUF_INIT;
	bool set = put_variable(x, before, name, &value) && (!colon || value.len > 0);
	char sign;

	rest += colon;
	sign = rest < end ? *rest++ : '\0';
	if (sign == '+') {
		x->open |= !set;
		if (set)
			expand(x, before, arena_strndup(x->a, rest, (size_t)(end - rest)), out);
	} else if (set) {
		strbuf_add(out, strbuf_text(&value), value.len);
	} else {
		/* A default counts as the value, though the environment may override it. */
		x->open |= sign != '-';
		if (sign == '-')
			expand(x, before, arena_strndup(x->a, rest, (size_t)(end - rest)), out);
	}
	strbuf_clear(&value);
}

/* python-dotenv: only "${NAME}" and "${NAME:-DEFAULT}", with any name and a literal default. False: it is neither. */
static bool put_braces_1(struct expansion *x, const struct env_item *before, const char *p, size_t len,
			 struct strbuf *out)
{
	const char *colon = memchr(p, ':', len), *end = p + len;
	const char *name = arena_strndup(x->a, p, colon ? (size_t)(colon - p) : len);

	if (colon && (colon + 1 == end || colon[1] != '-'))
		return false;
	if (put_variable(x, before, name, out))
		return true;
	x->open |= !colon;
	if (colon)
		strbuf_add(out, colon + 2, (size_t)(end - colon) - 2);
	return true;
}

/* Appends the expansion of the reference at p ('$'). Returns where the text continues. */
static const char *put_reference(struct expansion *x, const struct env_item *before, const char *p, struct strbuf *out)
{
	const char *close = p[1] == '{' ? strchr(p, '}') : NULL;
	size_t n;

	x->lookups += close != NULL;
	if (close && x->r->dialect == ENV_COMPOSE_2) {
		put_braces(x, before, p + 2, (size_t)(close - p) - 2, out);
		return close + 1;
	}
	if (close && put_braces_1(x, before, p + 2, (size_t)(close - p) - 2, out))
		return close + 1;
	n = x->r->dialect == ENV_COMPOSE_2 ? name_length(p + 1) : 0;
	if (n > 0) {
		x->open |= !put_variable(x, before, arena_strndup(x->a, p + 1, n), out);
		return p + 1 + n;
	}
	strbuf_putc(out, '$');
	return p + (x->r->dialect == ENV_COMPOSE_2 && p[1] == '$' ? 2 : 1);
}

static void expand(struct expansion *x, const struct env_item *before, const char *text, struct strbuf *out)
{
	while (*text) {
		if (out->len > MAX_VALUE || x->lookups > MAX_LOOKUPS) {
			x->open = true;
			return;
		}
		if (*text == '$')
			text = put_reference(x, before, text, out);
		else
			strbuf_putc(out, *text++);
	}
}

static void expand_item(struct expansion *x, const struct env_item *item, struct strbuf *out)
{
	const char *p = x->r->text + item->value, *end = x->r->text + item->end;
	bool old = x->r->dialect == ENV_COMPOSE_1;
	char quote = item->end > item->value && (*p == '"' || *p == '\'') ? *p : '\0';
	struct strbuf plain = STRBUF_INIT;

	if (quote && old)
		unescape_1(p + 1, end - 1, quote, &plain);
	else if (quote)
		unescape_2(p + 1, end - 1, quote, &plain);
	else
		strbuf_add(&plain, p, (size_t)(end - p));
	/* python-dotenv expands variables between single quotes too. */
	if (quote == '\'' && !old)
		strbuf_add(out, strbuf_text(&plain), plain.len);
	else
		expand(x, item, strbuf_text(&plain), out);
	strbuf_clear(&plain);
}

char *env_reading_value(struct arena *a, const struct env_reading *r, const struct env_item *item, bool *ret_open)
{
	struct expansion x = {.a = a, .r = r};
	struct strbuf out = STRBUF_INIT;
	char *value;

	if (item->alone) {
		*ret_open = true;
		return arena_strdup(a, "");
	}
	expand_item(&x, item, &out);
	*ret_open = x.open;
	value = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return value;
}

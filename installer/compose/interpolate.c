/* SPDX-License-Identifier: MIT */
#include "compose/interpolate.h"

#include <stdbool.h>
#include <string.h>

#include "core/strbuf.h"

/* Compose-spec, "Interpolation". Defaults may contain variables; nobody nests them deeper. */
#define MAX_NESTING 16

struct filling {
	const struct variables *v;
	struct arena *a;
	struct strbuf out;
	int depth;
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static size_t name_length(const char *text, const char *end)
{
	size_t n = strspn(text, letters);

	if (text + n > end)
		n = (size_t)(end - text);
	return n > 0 && text[0] >= '0' && text[0] <= '9' ? 0 : n;
}

/* The closing brace of one opened before `text`; NULL: none. */
static const char *closing(const char *text, const char *end)
{
	int open = 1;

	for (; text < end; text++) {
		if (*text == '}' && --open == 0)
			return text;
		open += text[0] == '$' && text + 1 < end && text[1] == '{';
	}
	return NULL;
}

static void fill(struct filling *f, const char *text, const char *end);

static void fill_nested(struct filling *f, const char *text, const char *end)
{
	if (f->depth == MAX_NESTING)
		return;
	f->depth++;
	fill(f, text, end);
	f->depth--;
}

/* Expands what follows the name up to the closing brace. False if Compose does not know such a form. */
static bool fill_braces(struct filling *f, const char *name, const char *rest, const char *end)
{
	const char *value = f->v->look_up(f->v->context, name);
	bool colon = rest < end && *rest == ':';
	char how = rest + colon < end ? rest[colon] : '\0';
	const char *argument = rest + colon + 1;
	bool is_set = value && (!colon || value[0]);

	if (rest == end) {
		strbuf_puts(&f->out, value ? value : "");
		return true;
	}
	if (how == '-' && !is_set)
		fill_nested(f, argument, end);
	else if (how == '-' || how == '?')
		strbuf_puts(&f->out, value ? value : "");
	else if (how == '+' && is_set)
		fill_nested(f, argument, end);
	return how == '-' || how == '?' || how == '+';
}

/* Expands the variable at text[0] == '$'. Returns where the text continues; what is no variable stays. */
static const char *fill_variable(struct filling *f, const char *text, const char *end)
{
	bool braces = text + 1 < end && text[1] == '{';
	const char *name = text + 1 + braces, *value, *close;
	size_t n = name_length(name, end);

	if (text + 1 < end && text[1] == '$') {
		strbuf_putc(&f->out, '$');
		return text + 2;
	}
	close = braces ? closing(name, end) : name + n;
	if (n > 0 && close && braces && fill_braces(f, arena_strndup(f->a, name, n), name + n, close))
		return close + 1;
	if (n > 0 && !braces) {
		value = f->v->look_up(f->v->context, arena_strndup(f->a, name, n));
		strbuf_puts(&f->out, value ? value : "");
		return close;
	}
	strbuf_putc(&f->out, '$');
	return text + 1;
}

static void fill(struct filling *f, const char *text, const char *end)
{
	while (text < end) {
		if (*text == '$')
			text = fill_variable(f, text, end);
		else
			strbuf_putc(&f->out, *text++);
	}
}

/*
 * The text with variables filled in, allocated from a; text itself if it has none. An unset variable without default
 * is empty, even where Compose would refuse it (":?").
 */
const char *interpolate(struct arena *a, const struct variables *v, const char *text)
{
	struct filling f = {.v = v, .a = a, .out = STRBUF_INIT};
	const char *result;

	if (!strchr(text, '$'))
		return text;
	fill(&f, text, text + strlen(text));
	result = arena_strdup(a, strbuf_text(&f.out));
	strbuf_clear(&f.out);
	return result;
}

/* SPDX-License-Identifier: MIT */
#include "output/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "changes/swap_changes.h"
#include "swap/unit.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "core/strbuf.h"
#include "core/text.h"
#include "compose/env.h"

/* Finds the name in "KEY=", "export KEY =" or "KEY:"; NULL if the line sets nothing. *value is set to the rest. */
static const char *variable_on(const char *line, size_t len, size_t *key_len, const char **value)
{
	const char *p = line, *end = line + len, *key;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (end - p > 7 && strncmp(p, "export", 6) == 0 && (p[6] == ' ' || p[6] == '\t'))
		for (p += 6; p < end && (*p == ' ' || *p == '\t'); p++)
			;
	for (key = p; p < end && *p != '=' && *p != ':' && *p != ' ' && *p != '\t'; p++)
		;
	*key_len = (size_t)(p - key);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == end || (*p != '=' && *p != ':') || !discreet_is_name(key, *key_len))
		return NULL;
	for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	*value = p;
	return key;
}

/* The value without quotes and without a DOS line end. */
static const char *bare(struct arena *a, const char *text)
{
	size_t len = strcspn(text, "\r");

	if (len > 1 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0])
		return arena_strndup(a, text + 1, len - 2);
	return arena_strndup(a, text, len);
}

struct line {
	const char *text;
	size_t len; /* without its end */
};

struct lines {
	const struct line *items;
	size_t count;
};

static int by_bytes(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

/* The lines of a text (NULL: none), sorted by their bytes for bsearch(3). */
static struct lines sorted_lines(struct arena *a, const char *text)
{
	struct line *lines;
	size_t n = 0, at = 0;

	if (!text)
		return (struct lines){NULL, 0};
	for (const char *p = text; *p; p++)
		n += *p == '\n';
	lines = arena_array(a, n + 1, sizeof(*lines));
	for (const char *p = text; *p; p += lines[at].len, p += *p == '\n', at++)
		lines[at] = (struct line){p, strcspn(p, "\n")};
	qsort(lines, at, sizeof(*lines), by_bytes);
	return (struct lines){lines, at};
}

static bool is_shipped(const struct lines *shipped, const char *line, size_t len)
{
	/* A CRLF file may contain shipped lines too. */
	const struct line wanted = {line, len - (len > 0 && line[len - 1] == '\r')};

	return shipped->count > 0 && bsearch(&wanted, shipped->items, shipped->count, sizeof(wanted), by_bytes) != NULL;
}

static void show_env_line(struct arena *a, const struct secrets_file *f, const struct lines *shipped, const char *line,
			  size_t len, struct strbuf *out)
{
	size_t key_len;
	const char *value = NULL, *key = variable_on(line, len, &key_len, &value), *text;

	if (!key) {
		bool comment =
			len > 0 && line[strspn(line, " \t")] == '#' && (f->ours || is_shipped(shipped, line, len));

		if (comment || strspn(line, " \t\r") >= len)
			strbuf_add(out, line, len);
		else
			strbuf_puts(out, line[strspn(line, " \t")] == '#' ? _("# (hidden)") : _("(hidden)"));
		return;
	}
	strbuf_add(out, line, (size_t)(value - line));
	text = arena_strndup(a, value, len - (size_t)(value - line));
	if (STR_EQ(text, ENV_PLACEHOLDER))
		strbuf_puts(out, _("(a new secret)"));
	else if (!text[0] || STR_EQ(text, "\r") || secrets_told(f, key, key_len, bare(a, text)) ||
		 secrets_harmless(a, key, key_len, bare(a, text)))
		strbuf_puts(out, text);
	else
		strbuf_puts(out, _("(hidden)"));
}

/* Is the third field of fstab(5) "swap"? Options of other lines may contain passwords. */
static bool is_swap_line(const char *line, size_t len)
{
	const char *end = line + len;

	for (int field = 0; field < 2; field++) {
		while (line < end && *line != ' ' && *line != '\t')
			line++;
		while (line < end && (*line == ' ' || *line == '\t'))
			line++;
	}
	return end - line >= 4 && strncmp(line, "swap", 4) == 0 &&
	       (line + 4 == end || line[4] == ' ' || line[4] == '\t');
}

static void other_line(struct arena *a, const struct secrets_file *f, const struct lines *shipped, const char *line,
		       size_t len, struct strbuf *out)
{
	(void)a, (void)shipped;
	if (strspn(line, " \t\r") >= len || (STR_EQ(f->path, FSTAB_PATH) && is_swap_line(line, len)))
		strbuf_add(out, line, len);
	else
		strbuf_puts(out, _("(hidden)"));
}

static const char *by_line(struct arena *a, const struct secrets_file *f, const struct lines *shipped, const char *text,
			   size_t len,
			   void (*add)(struct arena *, const struct secrets_file *, const struct lines *, const char *,
				       size_t, struct strbuf *))
{
	struct strbuf out = STRBUF_INIT;
	const char *hidden;

	for (size_t at = 0, n; at < len; at += n) {
		const char *end = memchr(text + at, '\n', len - at);

		n = end ? (size_t)(end - text) - at : len - at;
		add(a, f, shipped, text + at, n, &out);
		if (end) {
			strbuf_putc(&out, '\n');
			n++;
		}
	}
	hidden = arena_strndup(a, strbuf_text(&out), out.len);
	strbuf_clear(&out);
	return hidden;
}

/* Shows the lines that the package ships. Both texts have the same lines. */
static const char *with_shipped(struct arena *a, const struct lines *shipped, const char *text, const char *hidden)
{
	struct strbuf out = STRBUF_INIT;
	const char *shown;

	while (*text) {
		size_t len = strcspn(text, "\n"), hidden_len = strcspn(hidden, "\n");

		if (is_shipped(shipped, text, len))
			strbuf_add(&out, text, len);
		else
			strbuf_add(&out, hidden, hidden_len);
		text += len;
		hidden += hidden_len;
		if (*text) {
			strbuf_putc(&out, '\n');
			text++;
			hidden += *hidden == '\n';
		}
	}
	shown = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return shown;
}

const char *secrets_hidden(struct arena *a, const struct secrets_file *f, const char *text, size_t len)
{
	const bool env = f->env || text_ends(f->path, ".env");
	struct lines shipped;
	const char *hidden = NULL;

	/* Text with a NUL in it is binary: hide all of it. */
	if (memchr(text, '\0', len))
		return by_line(a, &(struct secrets_file){.path = ""}, &(struct lines){NULL, 0}, text, len, other_line);
	if (f->ours && !env)
		return text;
	shipped = sorted_lines(a, f->shipped);
	if (env)
		return by_line(a, f, &shipped, text, len, show_env_line);
	if (text_ends(f->path, ".yaml") || text_ends(f->path, ".yml"))
		hidden = secrets_hidden_yaml(a, f, text, len);
	if (!hidden)
		hidden = by_line(a, f, &shipped, text, len, other_line);
	return f->shipped ? with_shipped(a, &shipped, text, hidden) : hidden;
}

/* SPDX-License-Identifier: MIT */
/* Files of a stack: what vpsfit wrote, and what is harmless by its key and form. Comments of people go. */
#include <fnmatch.h>
#include <string.h>

#include "compose/env.h"
#include "output/secrets.h"
#include "report/keep.h"

/* "KEY=", "export KEY=" or "KEY:" at the start of a line: its key, and *ret the value; NULL: the line sets nothing. */
static const char *key_of(const char *line, size_t len, size_t *ret_key, const char **ret)
{
	size_t lead = strspn(line, " \t"), n;
	const char *key;

	if (len > lead + 7 && strncmp(line + lead, "export ", 7) == 0)
		lead += 7;
	key = line + lead;
	n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	*ret_key = n;
	n += strspn(key + n, " \t");
	if (*ret_key == 0 || lead + n >= len || (key[n] != '=' && key[n] != ':'))
		return NULL;
	*ret = key + n + 1 + strspn(key + n + 1, " \t");
	return key;
}

static void value(struct keeper *k, const char *key, size_t key_len, const char *text, size_t len, struct strbuf *out)
{
	const char *bare, *token;
	bool quoted = len > 1 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0];

	bare = arena_strndup(k->a, text + quoted, len - 2 * quoted);
	if (!bare[0] || STR_EQ(bare, ENV_PLACEHOLDER) || secrets_harmless(k->a, key, key_len, bare)) {
		redact_text(k->r, text, len, out);
		return;
	}
	/* Without the brackets, which a URL cannot have. */
	token = redact_token(k->r, REDACT_SECRET, bare, strlen(bare));
	strbuf_add(out, token + 1, strlen(token) - 2);
}

void keep_env(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	for (size_t at = 0, n; at < len; at += n) {
		const char *line = text + at, *end = memchr(line, '\n', len - at), *what = NULL, *key;
		size_t key_len = 0, bytes;

		n = end ? (size_t)(end - line) : len - at;
		bytes = n > 0 && line[n - 1] == '\r' ? n - 1 : n;
		key = key_of(line, bytes, &key_len, &what);
		if (key) {
			strbuf_add(out, line, (size_t)(what - line));
			value(k, key, key_len, what, what < line + bytes ? (size_t)(line + bytes - what) : 0, out);
		} else if (strspn(line, " \t") < bytes) {
			strbuf_putc(out, '#');
			k->r->times[REDACT_LINE]++;
		}
		if (end) {
			strbuf_putc(out, '\n');
			n++;
		}
	}
}

static bool is_env(const char *path)
{
	return fnmatch("*.env", path, 0) == 0 || fnmatch("*/.env*", path, 0) == 0 || fnmatch("*.env.*", path, 0) == 0;
}

void keep_stack(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	struct secrets_file f = {.path = path, .shown = k->shown, .shown_count = k->shown_count};
	const char *shown;

	if (is_env(path)) {
		keep_env(k, path, text, len, out);
		return;
	}
	f.shipped = k->shipped(k->context, path, text, len, &f.ours);
	shown = secrets_hidden(k->a, &f, text, len);
	for (const char *a = text, *b = shown; *a && *b; a += *a == '\n', b += *b == '\n') {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		k->r->times[REDACT_VALUE] += n != m || memcmp(a, b, n) != 0;
		a += n;
		b += m;
	}
	redact_text(k->r, shown, strlen(shown), out);
}

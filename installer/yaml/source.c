/* SPDX-License-Identifier: MIT */
#include "yaml/source.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/discreet.h"
#include "core/i18n.h"
#include "core/text.h"

#define BOM "\xef\xbb\xbf"
#define MAX_QUOTE 160

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

struct char_cursor cursor_at_start(const char *text, size_t len, size_t plain)
{
	size_t skip = len >= 3 && memcmp(text, BOM, 3) == 0 ? 3 : 0;

	return (struct char_cursor){text, len, plain, 0, skip};
}

/* Moves to a character index and returns its byte offset. Marks come nearly in order: all seeks together are linear. */
size_t cursor_seek(struct char_cursor *c, size_t chars)
{
	if (c->plain > 0 && chars <= c->plain)
		c->chars = c->bytes = chars;
	while (c->chars < chars && c->bytes < c->len) {
		do
			c->bytes++;
		while (c->bytes < c->len && is_continuation(c->text[c->bytes]));
		c->chars++;
	}
	while (c->chars > chars && c->bytes > 0) {
		do
			c->bytes--;
		while (c->bytes > 0 && is_continuation(c->text[c->bytes]));
		c->chars--;
	}
	return c->bytes;
}

/* Characters that YAML forbids, and those that would end a comment where nobody sees a line end. */
static const char *objection(uint32_t c)
{
	if (c == 0)
		return _("a NUL byte is not allowed in YAML");
	if (c == 0x85 || c == 0x2028 || c == 0x2029)
		return _("an invisible line end (U+0085, U+2028 or U+2029) is not allowed here");
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0))
		return _("a control character is not allowed in YAML");
	return NULL;
}

/*
 * Checks size, encoding and characters. Returns 0, or -EINVAL with an error at the place. *ret_plain is the number of
 * ASCII bytes at the start.
 */
int source_check(const struct yaml_doc *doc, struct diag_list *diags, size_t *ret_plain)
{
	uint32_t c = 0;

	if (doc->len > YAML_MAX_BYTES) {
		diag_add(diags, SEV_ERROR, doc->name, _("the file is over 1 MiB and was not read"));
		return -EINVAL;
	}
	*ret_plain = text_plain(doc->text, doc->len);
	for (size_t at = *ret_plain, n; at < doc->len; at += n) {
		const char *wrong;

		at += text_plain(doc->text + at, doc->len - at);
		if (at == doc->len)
			break;
		n = text_decode(doc->text + at, doc->len - at, &c);
		wrong = n == 0 ? _("this is not valid UTF-8") : objection(c);
		if (!wrong)
			continue;
		source_diag(diags, SEV_ERROR, doc, at, wrong);
		return -EINVAL;
	}
	return 0;
}

/* May a message name the line's key? A line without a key is no secret by its key. */
static bool may_quote(const struct diag_list *l, const char *line)
{
	size_t len;
	const char *key = discreet_line_key(line, &len);

	return !l->may_name || len == 0 || l->may_name(key, len);
}

/* Quotes the line only as far as it is known to hold no secret: the key, hardly ever the value (see discreet_quote). */
struct diag *source_diag(struct diag_list *l, enum severity sev, const struct yaml_doc *doc, size_t offset,
			 const char *text)
{
	struct diag *d = diag_add(l, sev, doc->name, "%s", text);
	size_t start = cursor_at_start(doc->text, doc->len, 0).bytes, end;

	offset = offset > doc->len ? doc->len : offset;
	d->line = 1;
	d->col = 1;
	for (size_t i = start; i < offset; i++) {
		char c = doc->text[i];

		if (c == '\n' || (c == '\r' && doc->text[i + 1] != '\n')) {
			d->line++;
			d->col = 1;
			start = i + 1;
		} else if (!is_continuation(doc->text[i + 1]) || i + 1 >= doc->len) {
			d->col++;
		}
	}
	for (end = start; end < doc->len && doc->text[end] != '\n' && doc->text[end] != '\r'; end++)
		;
	if (end - start <= MAX_QUOTE) {
		const char *line = arena_strndup(l->arena, doc->text + start, end - start);

		d->quote = may_quote(l, line) ? discreet_quote(l->arena, line, d->col) : NULL;
	}
	return d;
}

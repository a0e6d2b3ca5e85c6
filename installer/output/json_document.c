/* SPDX-License-Identifier: MIT */
/* JSON documents that are complete, and harmless on a terminal. */
#include "output/json_machine.h"

#include <stdlib.h>
#include <string.h>

#include "core/strbuf.h"
#include "core/text.h"
#include "output/json.h"

static void (*cannot_be_told)(void) = abort;

static void *allocate(size_t size)
{
	return xrealloc(NULL, size);
}

void json_begin(void (*on_failure)(void))
{
	json_set_alloc_funcs(allocate, free);
	cannot_be_told = on_failure;
}

json_t *json_sure(json_t *value)
{
	if (!value)
		cannot_be_told();
	return value;
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		cannot_be_told();
}

void json_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		cannot_be_told();
}

/* A string, or null. Text that is not UTF-8 is shown with escaped bytes, so that the key is never missing. */
json_t *json_text(const char *s)
{
	struct strbuf clean = STRBUF_INIT;
	json_t *value = s ? json_string(s) : json_null();

	if (!value) {
		text_printable(&clean, s, strlen(s));
		value = json_string(strbuf_text(&clean));
		strbuf_clear(&clean);
	}
	return value ? value : json_null();
}

json_t *json_known(int64_t n, bool known)
{
	return known ? json_integer((json_int_t)n) : json_null();
}

static void put_escaped(struct strbuf *out, uint32_t c)
{
	if (c >= 0x10000)
		strbuf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
			      (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
	else
		strbuf_printf(out, "\\u%04x", (unsigned)c);
}

/*
 * jansson escapes ASCII control characters; other invisible characters only occur in strings, so \u escapes are valid.
 */
static void put_shown(const char *text, size_t len, struct strbuf *out)
{
	uint32_t c = 0;

	for (size_t at = 0, n; at < len; at += n) {
		n = text_plain(text + at, len - at);
		strbuf_add(out, text + at, n);
		if (n > 0)
			continue;
		n = text_decode(text + at, len - at, &c);
		if (text_is_shown(c))
			strbuf_add(out, text + at, n);
		else
			put_escaped(out, c);
	}
}

/* jansson hands over whole characters. */
static int put_piece(const char *text, size_t len, void *out)
{
	put_shown(text, len, out);
	return 0;
}

/*
 * Appends the document and a newline and releases it. Invisible characters are written as \uXXXX: parsers get the exact
 * text, and people see them on the terminal.
 */
void json_dump(json_t *root, struct strbuf *out)
{
	if (json_dump_callback(root, put_piece, out, JSON_INDENT(2)) != 0)
		cannot_be_told();
	strbuf_putc(out, '\n');
	json_decref(root);
}

/* SPDX-License-Identifier: MIT */
/* JSON documents that are complete, and harmless on a terminal. */
#include "output/json_machine.h"

#include <stdio.h>
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

static void put_unicode(struct strbuf *out, uint32_t c)
{
	if (c >= 0x10000)
		strbuf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
			      (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
	else
		strbuf_printf(out, "\\u%04x", (unsigned)c);
}

/* Characters that JSON has a short form for, and the letter of each. */
static void put_escaped(struct strbuf *out, uint32_t c)
{
	static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c < 0x80 ? memchr(escaped, (int)c, sizeof(escaped) - 1) : NULL;

	if (at)
		strbuf_add(out, (const char[]){'\\', letters[at - escaped]}, 2);
	else if (c < 0x20)
		strbuf_printf(out, "\\u%04X", (unsigned)c);
	else
		put_unicode(out, c);
}

/* Length of the leading run that stands in a JSON string, and may be shown, as it is. */
static size_t as_it_is(const char *text, size_t len)
{
	size_t n = 0;
	uint32_t c = 0;

	while (n < len) {
		const size_t run = text_unquoted(text + n, len - n);
		size_t one;

		n += run;
		one = n < len ? text_decode(text + n, len - n, &c) : 0;
		if (one < 2 || !text_is_shown(c))
			break;
		n += one;
	}
	return n;
}

static void put_string(const char *text, size_t len, struct strbuf *out)
{
	uint32_t c = 0;

	strbuf_putc(out, '"');
	for (size_t at = 0, n; at < len; at += n) {
		n = as_it_is(text + at, len - at);
		strbuf_add(out, text + at, n);
		if (at + n == len)
			break;
		at += n;
		n = text_decode(text + at, len - at, &c);
		put_escaped(out, c);
	}
	strbuf_putc(out, '"');
}

static void put_number(json_int_t n, struct strbuf *out)
{
	char digits[32];
	const int len = snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, n);

	strbuf_add(out, digits, (size_t)len);
}

static void new_line(size_t depth, struct strbuf *out)
{
	strbuf_putc(out, '\n');
	strbuf_fill(out, ' ', 2 * depth);
}

static void put_value(const json_t *value, size_t depth, struct strbuf *out);

static void put_object(json_t *object, size_t depth, struct strbuf *out)
{
	const char *key;
	json_t *value;
	bool first = true;

	strbuf_putc(out, '{');
	json_object_foreach(object, key, value)
	{
		if (!first)
			strbuf_putc(out, ',');
		first = false;
		new_line(depth + 1, out);
		put_string(key, strlen(key), out);
		strbuf_add(out, ": ", 2);
		put_value(value, depth + 1, out);
	}
	if (!first)
		new_line(depth, out);
	strbuf_putc(out, '}');
}

static void put_array(const json_t *array, size_t depth, struct strbuf *out)
{
	const size_t count = json_array_size(array);

	strbuf_putc(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_putc(out, ',');
		new_line(depth + 1, out);
		put_value(json_array_get(array, i), depth + 1, out);
	}
	if (count > 0)
		new_line(depth, out);
	strbuf_putc(out, ']');
}

/* Documents have no numbers but whole ones: sizes are MiB. */
static void put_value(const json_t *value, size_t depth, struct strbuf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object((json_t *)value, depth, out);
		break;
	case JSON_ARRAY:
		put_array(value, depth, out);
		break;
	case JSON_STRING:
		put_string(json_string_value(value), json_string_length(value), out);
		break;
	case JSON_INTEGER:
		put_number(json_integer_value(value), out);
		break;
	case JSON_TRUE:
		strbuf_add(out, "true", 4);
		break;
	case JSON_FALSE:
		strbuf_add(out, "false", 5);
		break;
	case JSON_NULL:
		strbuf_add(out, "null", 4);
		break;
	default:
		cannot_be_told();
	}
}

/*
 * Appends the document and a newline and releases it: as json_dumps with JSON_INDENT(2), but without a second copy of
 * the text, and invisible characters are written as \uXXXX, so that parsers get the exact text and people see them on
 * the terminal.
 */
void json_dump(json_t *root, struct strbuf *out)
{
	json_sure(root);
	put_value(root, 0, out);
	strbuf_putc(out, '\n');
	json_decref(root);
}

/* SPDX-License-Identifier: MIT */
#include "watch/json_scan.h"

#include <string.h>

/* Deeper than any record of an engine. */
#define MAX_DEPTH 64

static const char *blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* Past the string that starts at `at` with its quote; NULL: it does not end. */
static const char *past_string(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '"')
			return at + 1;
	}
	return NULL;
}

/* Past any value, by its brackets alone: the engine wrote it, and a wrong one only yields nothing. */
static const char *past_value(const char *at, const char *end)
{
	int depth = 0;

	do {
		at = blanks(at, end);
		if (at >= end)
			return NULL;
		if (*at == '"') {
			at = past_string(at, end);
			if (!at)
				return NULL;
		} else if (*at == '{' || *at == '[') {
			if (++depth > MAX_DEPTH)
				return NULL;
			at++;
		} else if (*at == '}' || *at == ']') {
			depth--;
			at++;
		} else if (*at == ',' || *at == ':') {
			if (depth == 0)
				return NULL;
			at++;
		} else {
			while (at < end && !strchr(",:{}[]\" \t\r\n", *at))
				at++;
		}
	} while (depth > 0);
	return depth == 0 ? at : NULL;
}

struct scan_at scan_text(const char *text, size_t len)
{
	return (struct scan_at){blanks(text, text + len), text + len};
}

static bool starts(struct scan_at v, char with)
{
	return v.at && v.at < v.end && *v.at == with;
}

/* Keys that matter here have no escapes. */
static bool is_key(const char *at, const char *past, const char *key)
{
	size_t n = strlen(key);

	return (size_t)(past - at) == n + 2 && memcmp(at + 1, key, n) == 0;
}

/* The value of a key of an object; of a repeated key, the first. */
struct scan_at scan_member(struct scan_at object, const char *key)
{
	const struct scan_at none = {NULL, NULL};
	const char *at = object.at, *end = object.end;

	if (!starts(object, '{'))
		return none;
	for (at++;;) {
		const char *name = blanks(at, end), *past;

		if (name >= end || *name != '"' || !(past = past_string(name, end)))
			return none;
		at = blanks(past, end);
		if (at >= end || *at != ':')
			return none;
		at = blanks(at + 1, end);
		if (is_key(name, past, key))
			return at < end ? (struct scan_at){at, end} : none;
		at = past_value(at, end);
		at = at ? blanks(at, end) : NULL;
		if (!at || at >= end || *at++ != ',')
			return none;
	}
}

struct scan_at scan_element(struct scan_at array, size_t index)
{
	const struct scan_at none = {NULL, NULL};
	const char *at = array.at, *end = array.end;

	if (!starts(array, '['))
		return none;
	for (at = blanks(at + 1, end); at < end && *at != ']'; index--) {
		if (index == 0)
			return (struct scan_at){at, end};
		at = past_value(at, end);
		at = at ? blanks(at, end) : NULL;
		if (!at || at >= end || *at++ != ',')
			return none;
		at = blanks(at, end);
	}
	return none;
}

/* Four hexadecimal digits; -1: there are none. */
static int hex4(const char *at, const char *end)
{
	static const char digits[] = "0123456789abcdef";
	int value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char *d = at[i] ? strchr(digits, at[i] >= 'A' && at[i] <= 'F' ? at[i] + 32 : at[i]) : NULL;

		if (!d)
			return -1;
		value = value * 16 + (int)(d - digits);
	}
	return value;
}

/* Names need no more: an escaped character is itself, or "?" where it is not ASCII or has no glyph. */
static char unescaped(const char **at, const char *end)
{
	int code;

	switch (**at) {
	case '"':
	case '\\':
	case '/':
		return **at;
	case 'u':
		code = hex4(*at + 1, end);
		*at += code < 0 ? 0 : 4;
		return code >= 0x20 && code < 0x7f ? (char)code : '?';
	default:
		return '?';
	}
}

/* Copies a string, cut to size - 1 bytes, control characters as "?". False: it is none, or it does not end. */
bool scan_string(struct scan_at value, char *ret, size_t size)
{
	const char *past;
	size_t n = 0;

	ret[0] = '\0';
	if (!starts(value, '"') || !(past = past_string(value.at, value.end)))
		return false;
	for (const char *at = value.at + 1; at < past - 1 && n < size - 1; at++) {
		char c = *at;

		if (c == '\\') {
			at++;
			c = unescaped(&at, past - 1);
		}
		ret[n++] = (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
	}
	ret[n] = '\0';
	return true;
}

/* A whole number; false: it is none, or out of range. */
bool scan_number(struct scan_at value, int64_t *ret)
{
	bool minus = starts(value, '-');
	const char *at = value.at;
	int64_t n = 0;

	*ret = 0;
	if (!at)
		return false;
	at += minus;
	if (at >= value.end || *at < '0' || *at > '9')
		return false;
	for (; at < value.end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
			return false;
	*ret = minus ? -n : n;
	return true;
}

bool scan_true(struct scan_at value)
{
	return value.at && value.end - value.at >= 4 && memcmp(value.at, "true", 4) == 0;
}

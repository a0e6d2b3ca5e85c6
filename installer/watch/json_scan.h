/* SPDX-License-Identifier: MIT */
/*
 * Single values of a JSON text, without a tree and without memory of its own: the sampler links libc alone. Texts may
 * be another user's; whatever they hold, nothing beyond them is read.
 */
#ifndef VPSFIT_WATCH_JSON_SCAN_H
#define VPSFIT_WATCH_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value inside a text: from its first byte to the end of the text. at NULL: there is none. */
struct json_at {
	const char *at, *end;
};

struct json_at json_text_at(const char *text, size_t len);
struct json_at json_member(struct json_at object, const char *key);
bool json_string(struct json_at value, char *ret, size_t size);
bool json_number(struct json_at value, int64_t *ret);
bool json_true(struct json_at value);
struct json_at json_element(struct json_at array, size_t index);

#endif

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
struct scan_at {
	const char *at, *end;
};

struct scan_at scan_text(const char *text, size_t len);
struct scan_at scan_member(struct scan_at object, const char *key);
bool scan_string(struct scan_at value, char *ret, size_t size);
bool scan_number(struct scan_at value, int64_t *ret);
bool scan_true(struct scan_at value);
struct scan_at scan_element(struct scan_at array, size_t index);

#endif

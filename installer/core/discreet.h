/* SPDX-License-Identifier: MIT */
/* What messages and diffs may show of somebody's file: names of keys, and values only if known to be harmless. */
#ifndef VPSFIT_DISCREET_H
#define VPSFIT_DISCREET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* The form that makes a value harmless. */
enum discreet_shape {
	SHAPE_NONE,   /* no form: always hidden */
	SHAPE_HOST,   /* http(s)://host:port, without user and query; no path but /v1 */
	SHAPE_NUMBER, /* a number, a size, a duration, or a word such as true and none */
	SHAPE_WORD,   /* a word of letters */
	SHAPE_NAME,   /* letters, digits, '.', '_' and '-' */
	SHAPE_PATH,   /* one path, or several joined by ':' */
	SHAPE_IMAGE,
	SHAPE_PORTS /* addresses and ports */
};

bool discreet_shape_fits(enum discreet_shape shape, const char *value);
/* As discreet_shape_fits, but the value may hold variables. "os.environ/NAME" only says where a secret is kept. */
bool discreet_is_harmless(struct arena *a, enum discreet_shape shape, const char *value);
bool discreet_is_name(const char *text, size_t len);
bool discreet_is_token(const char *text, size_t len);
bool discreet_names_secret(const char *key, size_t len);
/*
 * The key at the start of a line of YAML, without its quotes; *ret_len is 0 if there is none. Borrowed from the line.
 */
const char *discreet_line_key(const char *line, size_t *ret_len);
/*
 * A line of YAML as a message may quote it, its value hidden if need be. NULL: nothing may be quoted, or the caret's
 * column `col` would be in the hidden part.
 */
const char *discreet_quote(struct arena *a, const char *line, unsigned col);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What of somebody's file may be repeated in a message or a difference. The rule is the same everywhere: a value is not
 * shown unless it is known to be harmless; names of keys are.
 */
#ifndef VPSFIT_DISCREET_H
#define VPSFIT_DISCREET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* What a value must look like to be harmless. */
enum discreet_shape {
	SHAPE_NONE,   /* none does */
	SHAPE_HOST,   /* http://host:port or https, without a user, a path or a query */
	SHAPE_NUMBER, /* a number, a size, a time, true or false */
	SHAPE_WORD,   /* a word of letters */
	SHAPE_NAME,   /* letters, digits, '.', '_' and '-' */
	SHAPE_PATH,   /* a path, or several with ':' between */
	SHAPE_IMAGE,
	SHAPE_PORTS /* addresses and ports */
};

bool discreet_shape_fits(enum discreet_shape shape, const char *value);
/* The same where variables stand in it, and where it is nothing but where the secret is kept. */
bool discreet_is_harmless(struct arena *a, enum discreet_shape shape, const char *value);
bool discreet_is_name(const char *text, size_t len);
bool discreet_is_token(const char *text, size_t len);
bool discreet_names_secret(const char *key, size_t len);
/* The key that a line of a YAML file begins with; an empty one where it begins with none. */
const char *discreet_line_key(const char *line, size_t *ret_len);
/* A line of a YAML file as a message may quote it, for a caret at column `col`; NULL: not at all. */
const char *discreet_quote(struct arena *a, const char *line, unsigned col);

#endif

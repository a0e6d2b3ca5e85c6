/* SPDX-License-Identifier: MIT */
/* The assignments that each Compose finds in an env file, and where their bytes are. */
#ifndef VPSFIT_ENV_READ_H
#define VPSFIT_ENV_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* docker-compose 1.29 reads with python-dotenv, Compose 2 with compose-go/dotenv; they differ. */
enum env_dialect { ENV_COMPOSE_1, ENV_COMPOSE_2, ENV_DIALECTS };

/* One assignment. Offsets are into the text. */
struct env_item {
	struct env_item *next;
	const char *key;
	size_t start; /* of the key, after "export" */
	size_t value; /* of the value, at its quote if it has one */
	size_t end;   /* after the value and its quote */
	bool alone;   /* a name without '=': Compose takes the value from its environment */
};

struct env_reading {
	const char *text;
	enum env_dialect dialect;
	struct env_item *first;
	const struct env_item **sorted; /* by name, then by position */
	size_t count;
	bool refused; /* this Compose refuses the file; the other lines are listed all the same */
};

struct env_reading env_read(struct arena *a, const char *text, enum env_dialect dialect);
/* The effective (last) assignment of a key; NULL: none. */
const struct env_item *env_reading_find(const struct env_reading *r, const char *key);
/* The last assignment of a key that starts before offset; NULL: none. */
const struct env_item *env_reading_before(const struct env_reading *r, const char *key, size_t offset);
/*
 * The value as this Compose sees it: without quotes and escapes, with variables filled in from the file. *ret_open:
 * part of it comes from the environment of whoever starts the stack.
 */
char *env_reading_value(struct arena *a, const struct env_reading *r, const struct env_item *item, bool *ret_open);

#endif

/* SPDX-License-Identifier: MIT */
/* An env file as each Compose reads it: which assignments it finds, and where their bytes are. */
#ifndef VPSFIT_ENV_READ_H
#define VPSFIT_ENV_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* The readers differ: docker-compose 1.29 uses python-dotenv, Compose 2 one of its own (compose-go/dotenv). */
enum env_dialect { ENV_COMPOSE_1, ENV_COMPOSE_2, ENV_DIALECTS };

/* One assignment. Offsets are into the text. */
struct env_item {
	struct env_item *next;
	const char *key;
	size_t start; /* of the key, behind "export" */
	size_t value; /* of the value, at its quote where it has one */
	size_t end;   /* behind the value and its quote */
	bool alone;   /* a name without a value: Compose takes it from its environment */
};

struct env_reading {
	const char *text;
	enum env_dialect dialect;
	struct env_item *first;
	const struct env_item **sorted; /* by name, those of one name in order */
	size_t count;
	bool refused; /* this Compose refuses the whole file; the other lines are told of all the same */
};

struct env_reading env_read(struct arena *a, const char *text, enum env_dialect dialect);
/* The assignment that holds (the last one); NULL: none. */
const struct env_item *env_reading_find(const struct env_reading *r, const char *key);
/* The last one that begins before this offset; NULL: none. */
const struct env_item *env_reading_before(const struct env_reading *r, const char *key, size_t offset);
/*
 * The value as this Compose sees it, quotes and escapes taken off and variables filled in from the file. *ret_open is
 * set where a variable in it is set nowhere in the file: the environment of whoever starts the stack decides then.
 */
char *env_reading_value(struct arena *a, const struct env_reading *r, const struct env_item *item, bool *ret_open);

#endif

/*
 * The owned values: what vpsfit writes into the stack's YAML files, and nothing else in them. Each has a key
 * that stays the same over versions ("compose.yaml:services/litellm/memswap_limit"), by which the state remembers
 * what was written last.
 */
#ifndef VPSFIT_OWNED_H
#define VPSFIT_OWNED_H

#include <stddef.h>

#include "core/arena.h"
#include "core/plan.h"

#define COMPOSE_FILE "compose.yaml"
#define LITELLM_FILE "litellm/config.yaml"

/* How the value is found below its path. */
enum owned_place {
	OWNED_SCALAR,	 /* the path leads to it */
	OWNED_AFTER_FLAG, /* the path leads to a list; the item after `word` */
	OWNED_SETTING	 /* the path leads to a list; the item "word=VALUE" */
};

struct owned_value {
	const char *file; /* relative to the stack directory */
	const char *path; /* keys separated by '/' */
	enum owned_place place;
	const char *word;
	const char *key;     /* stable, for the state */
	const char *label;   /* for people: "litellm limit" */
	const char *wanted;  /* what the plan says */
	const char *comment; /* stands behind it, without "# vpsfit: " */
};

#define MAX_OWNED 24

size_t owned_values(struct arena *a, const struct plan *p, struct owned_value out[static MAX_OWNED]);

#endif

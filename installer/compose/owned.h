/*
 * The owned values: what vpsfit writes into the stack's YAML files, and nothing else in them. Each has a key
 * that stays the same over versions ("compose.yaml:services/litellm/memswap_limit"), by which the state remembers
 * what was written last.
 */
#ifndef VPSFIT_OWNED_H
#define VPSFIT_OWNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/plan.h"

#define COMPOSE_FILE "compose.yaml"
#define LITELLM_FILE "litellm/config.yaml"
/* Python code that LiteLLM's container loads at its start; it keeps memory shared between the workers. */
#define SHARING_FILE "litellm/sitecustomize.py"

/* How the value is found below its path. */
enum owned_place {
	OWNED_SCALAR, /* the path leads to it */
	OWNED_WORD,   /* the path leads to a list or a string in which it stands behind `word` ("word=VALUE", "word VALUE") */
	OWNED_WORKERS /* the path leads to a service: `word` in its command, else NUM_WORKERS in its environment */
};

/* What is done where there is no such value. */
enum owned_missing {
	MISSING_INSERT, /* it is put in */
	MISSING_FINE,	/* what holds without it is what is wanted */
	MISSING_MANUAL	/* a person is told to put it in */
};

/* Which of a service's sizes it is: they depend on one another. */
enum owned_size {
	OWNED_NO_SIZE,
	OWNED_LIMIT,
	OWNED_RESERVATION,
	OWNED_MEMSWAP,
	/* The same once more, where a file says it in both ways: Compose refuses two that differ. */
	OWNED_LIMIT_AGAIN,
	OWNED_RESERVATION_AGAIN
};

struct owned_value {
	const char *file; /* relative to the stack directory */
	const char *path; /* keys separated by '/' */
	enum owned_place place;
	enum owned_missing missing;
	enum owned_size size;
	size_t service; /* whose size it is */
	bool at_least; /* a larger number is well too */
	const char *word;
	const char *key;     /* stable, for the state */
	const char *label;   /* for people: "litellm limit" */
	const char *wanted;  /* what the plan says */
	const char *comment; /* stands behind it, without "# vpsfit: " */
};

#define MAX_OWNED 32

/* What a compose file calls things. */
struct owned_layout {
	const char *file;			  /* relative to the stack directory */
	const char *services[MAX_SERVICES];	  /* NULL: there is no such service */
	bool old_style[MAX_SERVICES];		  /* mem_limit, not deploy.resources */
	bool both_styles[MAX_SERVICES];
	bool own;				  /* vpsfit wrote the stack; its LiteLLM configuration is there too */
};

struct owned_layout owned_layout_own(const struct service_set *set);

size_t owned_values(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		    struct owned_value out[static MAX_OWNED]);
/* Is x what is wanted: the same number, or the same size in other words ("1.5g" and "1536M")? */
bool owned_same(const struct owned_value *v, const char *x);
/* A size in MiB as Compose reads it; plain bytes are rounded down. False where it is none. */
bool owned_mib(const char *text, int64_t *ret);
/* The size as it is written. */
const char *owned_size_text(struct arena *a, int64_t mib);

#endif

/* SPDX-License-Identifier: MIT */
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
#include "core/sizes.h"

#define COMPOSE_FILE "compose.yaml"
/* How the comment behind an owned value begins. */
#define OWNED_MARK "# vpsfit:"

/* How the value is found below its path. */
enum owned_place {
	OWNED_SCALAR, /* the path leads to it */
	OWNED_WORD, /* the path leads to a list or a string in which it stands behind `word` ("word=VALUE", "word VALUE") */
	OWNED_WORKERS /* the path leads to a service: `word` in its command, else NUM_WORKERS in its environment */
};

/* What is done where there is no such value. */
enum owned_missing {
	MISSING_INSERT,	  /* it is put in */
	MISSING_FINE,	  /* what holds without it is what is wanted */
	MISSING_MANUAL,	  /* a person is told to put it in */
	MISSING_UNTOUCHED /* it is put in where nobody edited the file since; else a person is told */
};

struct owned_value {
	const char *file; /* relative to the stack directory */
	const char *path; /* keys separated by '/' */
	enum owned_place place;
	enum owned_missing missing;
	enum size_kind size;
	size_t service;	    /* whose size it is */
	bool at_least;	    /* a larger number is well too */
	bool may_be_theirs; /* a person may have written it before vpsfit did: another value is an edit by hand */
	const char *word;
	const char *key;     /* stable, for the state */
	const char *label;   /* for people: "litellm limit" */
	int64_t mib;	     /* of a size: what is wanted; of a share of a limit: that limit */
	int64_t percent;     /* of the service's limit, in bytes; 0: it is no share of it */
	const char *wanted;  /* the same as it is written; made last, by owned_set_mib for what has a size */
	const char *comment; /* stands behind it, without "# vpsfit: " */
};

/* What a compose file calls things. */
struct owned_layout {
	const char *file;		    /* relative to the stack directory */
	const char *services[MAX_SERVICES]; /* NULL: there is no such service */
	bool old_style[MAX_SERVICES];	    /* mem_limit, not deploy.resources */
	bool both_styles[MAX_SERVICES];
	bool own; /* vpsfit wrote the stack; its LiteLLM configuration is there too */
};

struct owned_layout owned_layout_own(const struct plan *p);

size_t owned_values(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		    struct owned_value out[static MAX_OWNED]);
/* Is x what is wanted: the same number, or the same size in other words ("1.5g" and "1536M")? */
bool owned_same(const struct owned_value *v, const char *x);
/* A size in MiB as Compose reads it; plain bytes are rounded down. False where it is none. */
bool owned_mib(const char *text, int64_t *ret);
/* Makes the value another size, or the share of another limit; why (English) is said behind it. */
void owned_set_mib(struct arena *a, struct owned_value *v, int64_t mib, const char *why);
/* What is said behind a size that is not as planned. */
const char *owned_reason(enum size_reason reason);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The owned values: what vpsfit writes into a stack's YAML files, and nothing else in them. Each has a key that stays
 * the same across versions ("compose.yaml:services/litellm/memswap_limit"); the state uses it to record what was
 * written.
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
/* Start of the comment after an owned value. */
#define OWNED_MARK "# vpsfit:"

/* How to find the value from its path. */
enum owned_place {
	OWNED_SCALAR,  /* the path leads to it */
	OWNED_WORD,    /* path of a list or string that has it after `word` ("word=VALUE", "word VALUE") */
	OWNED_WORKERS, /* path of a service: after `word` in its command, else NUM_WORKERS in its environment */
	OWNED_WHOLE    /* a piece of the compose file, or a whole file: decided before, and only recorded here */
};

/* Where the worker count stands, if that was found out from the whole project. */
enum count_place { COUNT_UNSETTLED, COUNT_IN_COMMAND, COUNT_IN_ENTRYPOINT, COUNT_IN_ENVIRONMENT };

/* LiteLLM takes its worker count from this variable unless a flag is given. */
#define WORKERS_VARIABLE "NUM_WORKERS"

/* What to do if the value is absent. */
enum owned_missing {
	MISSING_INSERT,	  /* insert it */
	MISSING_FINE,	  /* nothing: the default is as wanted */
	MISSING_MANUAL,	  /* tell a person to insert it */
	MISSING_UNTOUCHED /* insert it if nobody edited the file since vpsfit wrote it, else tell */
};

struct owned_value {
	const char *file; /* relative to the stack's directory */
	const char *path; /* keys joined by '/' */
	enum owned_place place;
	enum owned_missing missing;
	enum size_kind size;
	size_t service;	    /* index of its service; NO_SERVICE: none */
	bool at_least;	    /* a larger number is as good */
	bool may_be_theirs; /* a person may have written it before vpsfit: another value counts as edited by hand */
	bool image;	    /* an image: may_be_theirs alone tells whether it was edited by hand */
	const char *word;
	enum count_place count;	  /* OWNED_WORKERS alone, as the next three */
	const char *variable;	  /* name of its entry in the environment; NULL: NUM_WORKERS */
	const char *env_file;	  /* the env file that sets it now, relative to the stack's directory; NULL: none */
	const char *env_variable; /* the variable of that file */
	const char *key;	  /* stable; the state refers to it */
	const char *label;	  /* for people: "litellm limit" */
	int64_t mib;		  /* a size: the wanted one; a percentage of a limit: that limit */
	int64_t percent;	  /* of the service's limit, written in bytes; 0: no percentage */
	const char *wanted;	  /* the wanted value as text; for sizes owned_set_mib updates it */
	const char *comment;	  /* appended as a comment, after "# vpsfit: " */
};

/* Services of a compose file that could play one part. */
#define MAX_CANDIDATES 16

/* The names in a compose file. */
struct owned_layout {
	const char *file;		    /* relative to the stack's directory */
	const char *services[MAX_SERVICES]; /* name of each service; NULL: none */
	bool old_limit[MAX_SERVICES];	    /* mem_limit instead of deploy.resources.limits */
	bool old_reservation[MAX_SERVICES]; /* mem_reservation instead of deploy.resources.reservations */
	bool both_styles[MAX_SERVICES];
	bool unlimited;			  /* no sizes are wanted in it */
	bool own;			  /* vpsfit wrote the stack; its other files are there too */
	const char *images[MAX_SERVICES]; /* the image to write for a service; NULL: leave it as it is */
	bool their_images[MAX_SERVICES];  /* the image that is there was edited by hand */
};

struct owned_layout owned_layout_own(const struct plan *p);

/* Name of the environment's entry that holds the worker count. */
const char *owned_variable(const struct owned_value *v);
size_t owned_values(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		    struct owned_value out[static MAX_OWNED]);
/* The sizes among them alone, wanted or not. */
size_t owned_sizes(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		   struct owned_value out[static MAX_OWNED]);
/* Is x as wanted: the same text, the same size in other units ("1.5g" and "1536M"), or for at_least a larger number? */
bool owned_same(const struct owned_value *v, const char *x);
/* A size in MiB as Compose reads it, rounded down. False if it is none. */
bool owned_mib(const char *text, int64_t *ret);
/* Sets a size, or a percentage of a limit of this size; why (English) becomes the comment. */
void owned_set_mib(struct arena *a, struct owned_value *v, int64_t mib, const char *why);
/* The comment (English) after a size that is not as planned. */
const char *owned_reason(enum size_reason reason);

#endif

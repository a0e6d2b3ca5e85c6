/* Where an owned value stands in a YAML file, however the file is written. */
#ifndef VPSFIT_PLACE_H
#define VPSFIT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "stack/owned.h"
#include "yaml/tree.h"

enum place_kind {
	PLACE_HERE,	/* these bytes are it */
	PLACE_VARIABLE, /* "${NAME:-default}": the variable's line in an env file is it */
	PLACE_MISSING,	/* it is not there, and could be put in */
	PLACE_MANUAL	/* it cannot be changed without changing something else: a person must */
};

struct place {
	enum place_kind kind;
	const char *path;	      /* from the root to the value, keys separated by '/' */
	const struct yaml_node *node; /* HERE: the scalar; MISSING: what it would be put into */
	size_t start;		      /* HERE: the bytes, within the node's */
	size_t end;
	const char *current;  /* HERE, VARIABLE: the value (the variable's default); MANUAL: what holds, if it can be told; NULL: none */
	const char *expected; /* HERE: what the scalar reads as once the wanted value is in */
	const char *variable; /* VARIABLE: the name; MISSING: in env_file it would do as well */
	const char *env_file; /* relative to the compose file; NULL: none */
	const char *rest;     /* MISSING: the keys that are missing, separated by '/'; "": an item of a list */
	const struct yaml_node *key; /* MISSING in an empty value ("deploy:"): its key */
	const char *why;	     /* MANUAL: what stands in the way */
};

/* LiteLLM takes its worker count from here where no flag says otherwise. */
#define WORKERS_VARIABLE "NUM_WORKERS"

/* What holds at a path, merge keys and aliases seen through, as Compose sees it. NULL: nothing. */
const struct yaml_node *place_effective(struct arena *a, const struct yaml_node *root, const char *path);
struct place place_find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v);

#endif

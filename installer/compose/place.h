/* SPDX-License-Identifier: MIT */
/* Where an owned value stands in a YAML file, however the file is written. */
#ifndef VPSFIT_PLACE_H
#define VPSFIT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "compose/owned.h"
#include "yaml/tree.h"

enum place_kind {
	PLACE_HERE,	/* these bytes are it */
	PLACE_VARIABLE, /* "${NAME:-default}": the variable's line in an env file is it */
	PLACE_MISSING,	/* it is not there, and could be put in */
	PLACE_MANUAL,	/* it cannot be changed without changing something else: a person must */
	PLACE_NOWHERE	/* its service is not in the file: nothing is to be done, by nobody */
};

/* How it reads where a person writes it. */
enum place_form {
	FORM_VALUE,   /* path: "6" */
	FORM_COMMAND, /* path: [..., --num_workers, "6"] */
	FORM_ENTRY    /* path: a list with the item "NUM_WORKERS=6" */
};

/*
 * path and form are always there, whatever the kind: places are made by place_find alone, and become another kind by
 * the functions below alone.
 */
struct place {
	enum place_kind kind;
	enum place_form form;
	const char *path; /* from the root to the value, keys separated by '/' */
	/*
	 * HERE: the scalar; VARIABLE: the scalar in which its number could stand instead, NULL: there is none; MISSING:
	 * what it would be put into.
	 */
	const struct yaml_node *node;
	size_t start; /* HERE, VARIABLE: the bytes, within the node's */
	size_t end;
	const char *lead; /* HERE, VARIABLE: goes ahead of the value ("="); NULL: nothing */
	bool quote;	  /* HERE, VARIABLE: it is a value of its own, and is written in quotes whatever stood there */
	/* HERE, VARIABLE: the value (the variable's default); MANUAL: what holds, if it can be told; NULL: none. */
	const char *current;
	const char *expected; /* HERE, VARIABLE: what the scalar reads as once the wanted value is in */
	/*
	 * VARIABLE: the name; HERE: a variable that stands there, but is read by others too; MISSING: in env_file it
	 * would do as well.
	 */
	const char *variable;
	const char *env_file;	     /* relative to the compose file; NULL: none */
	const char *rest;	     /* MISSING: the keys that are missing, separated by '/'; "": an item of a list */
	const struct yaml_node *key; /* MISSING in an empty value ("deploy:"): its key */
	bool in_flow;		     /* the same: the key stands in "{...}" */
	const char *why;	     /* MANUAL: what stands in the way */
};

/* LiteLLM takes its worker count from here where no flag says otherwise. */
#define WORKERS_VARIABLE "NUM_WORKERS"

const struct yaml_node *place_effective(struct arena *a, const struct yaml_node *root, const char *path);
struct place place_find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v);
void place_make_manual(struct place *p, const char *why);
void place_write_here(struct place *p, const char *why);

#endif

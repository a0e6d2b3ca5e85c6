/* SPDX-License-Identifier: MIT */
/* Finds an owned value in a YAML file, whatever style the file is written in. */
#ifndef VPSFIT_PLACE_H
#define VPSFIT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "compose/owned.h"
#include "yaml/tree.h"

enum place_kind {
	PLACE_HERE,	/* [start, end) is the value */
	PLACE_VARIABLE, /* "${NAME:-default}": the variable's line in an env file is the value */
	PLACE_MISSING,	/* absent, and can be inserted */
	PLACE_MANUAL,	/* cannot be edited without changing something else: a person must do it */
	PLACE_NOWHERE	/* the file does not have the service: nothing to do for anybody */
};

/* How a person would write it. */
enum place_form {
	FORM_VALUE,   /* path: "6" */
	FORM_COMMAND, /* path: [..., --num_workers, "6"] */
	FORM_ENTRY    /* path: a list with the item "NUM_WORKERS=6" */
};

/* path and form are always set. Only place_find makes places; only the functions below change their kind. */
struct place {
	enum place_kind kind;
	enum place_form form;
	const char *path; /* from the root to the value, keys joined by '/' */
	/*
	 * HERE: the scalar; VARIABLE: the scalar that could hold a number instead, or NULL; MISSING: where to insert.
	 */
	const struct yaml_node *node;
	size_t start; /* HERE, VARIABLE: the bytes to replace, within the node's */
	size_t end;
	const char *lead; /* HERE, VARIABLE: precedes a written value ("="); NULL: nothing */
	bool quote;	  /* HERE, VARIABLE: write the value in double quotes, whatever was there */
	/* HERE, VARIABLE: the value (a variable's default); MANUAL: the effective value; NULL: none, or unknown. */
	const char *current;
	const char *expected; /* HERE, VARIABLE: text of the scalar after the edit */
	/*
	 * VARIABLE: its name; HERE: of a variable there that others read too; MISSING: of one that would do, in
	 * env_file.
	 */
	const char *variable;
	const char *env_file;	     /* relative to the compose file; NULL: none */
	const char *rest;	     /* MISSING: the missing keys, joined by '/'; "": an item of a list */
	const struct yaml_node *key; /* MISSING in an empty value ("deploy:"): the key of that value */
	bool in_flow;		     /* the same: the key is in "{...}" */
	const char *why;	     /* MANUAL: what prevents an edit */
};

const struct yaml_node *place_effective(struct arena *a, const struct yaml_node *root, const char *path);
struct place place_find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v);
void place_make_manual(struct place *p, const char *why);
void place_write_here(struct place *p, const char *why);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * YAML text as a tree that remembers where everything stands in the bytes it came from.
 * Nodes and their values live in the arena given to yaml_parse; the source text is the caller's.
 */
#ifndef VPSFIT_YAML_TREE_H
#define VPSFIT_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/diag.h"

#define YAML_MAX_BYTES ((size_t)1 << 20)
#define YAML_MAX_DEPTH 64
#define YAML_MAX_NODES 100000

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE, YAML_ALIAS };
enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL, YAML_FOLDED, YAML_BLOCK, YAML_FLOW };

struct yaml_node {
	enum yaml_kind kind : 8;
	enum yaml_style style : 8;
	uint32_t start; /* byte offsets in the source, BOM and CRLF counted; end is exclusive; YAML_MAX_BYTES fits */
	uint32_t end;
	uint32_t line;				  /* 1-based */
	uint32_t col;				  /* 1-based, characters */
	uint32_t count;				  /* length of items; 0 for a scalar and an alias */
	uint32_t value_len;			  /* of value */
	const struct yaml_properties *properties; /* NULL: none, as of nearly all nodes */
	const char *value;			  /* scalar: unescaped text; alias: the anchor's name */
	union {
		struct yaml_node **items;	/* sequence: the items; mapping: key, value, key, value, ... */
		const struct yaml_node *target; /* alias: the node it stands for */
	};
};

struct yaml_properties {
	const char *anchor; /* NULL: none */
	const char *tag;    /* explicit tag only; NULL: none */
};

struct yaml_doc {
	const char *name; /* file name, for messages */
	const char *text;
	size_t len;
	struct yaml_node *root;	  /* NULL: the file is empty or has only comments */
	struct arena *arena;	  /* of the nodes; NULL: not from yaml_parse */
	struct yaml_doc **edited; /* what the last edit of the text gave, so that the same edit is not parsed again */
};

/*
 * Parses one document. Errors come with file:line:col, the source line and a caret. Refused are syntax errors,
 * invalid UTF-8, control characters, duplicate keys, a second document, U+0085/2028/2029, and more than
 * YAML_MAX_BYTES, _DEPTH or _NODES (aliases expanded). The text is borrowed for as long as the document is used.
 * Returns 0, or -EINVAL with at least one error in diags.
 */
int yaml_parse(struct arena *a, const char *name, const char *text, size_t len, struct diag_list *diags,
	       struct yaml_doc **ret) must_check;
/* As yaml_parse without messages, for text whose errors are not the user's; NULL if it does not parse. */
struct yaml_doc *yaml_parse_quietly(struct arena *a, const char *name, const char *text, size_t len);

/* Value of a key in a mapping; NULL if map is no mapping or has no such key. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Follows keys joined by '/', such as "services/litellm/deploy"; NULL if one is missing. */
struct yaml_node *yaml_path(const struct yaml_node *root, const char *path);
bool yaml_is_scalar(const struct yaml_node *n);
/* The text of a scalar; NULL if n is NULL or none. */
const char *yaml_text(const struct yaml_node *n);
/* A node's anchor and its explicit tag; NULL: none. */
const char *yaml_anchor(const struct yaml_node *n);
const char *yaml_tag(const struct yaml_node *n);
/* Adds a message at a node's place, with the source line and a caret. */
struct diag *yaml_diag(struct diag_list *l, enum severity sev, const struct yaml_doc *doc, const struct yaml_node *n,
		       const char *fmt, ...) printf_like(5, 6);
/* Does text, written as a plain scalar, read back as the same string under YAML 1.1 and 1.2? */
bool yaml_plain_safe(const char *text);

#endif

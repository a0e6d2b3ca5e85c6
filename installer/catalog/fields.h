/* SPDX-License-Identifier: MIT */
/* Reads a YAML mapping into a C struct, driven by a table of keys. */
#ifndef VPSFIT_FIELDS_H
#define VPSFIT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/diag.h"
#include "yaml/tree.h"

struct fields_reader {
	struct arena *arena;
	const struct yaml_doc *doc;
	struct diag_list *diags;
};

enum field_type { FIELD_TEXT, FIELD_NAME, FIELD_COUNT, FIELD_MIB, FIELD_WORD, FIELD_CUSTOM };

struct field {
	const char *key;
	enum field_type type;
	size_t offset; /* of a const char *, an int64_t or (FIELD_WORD) an int or enum in the struct */
	bool required;
	const char *const *words; /* FIELD_WORD: NULL-terminated; the index is stored */
	/* FIELD_CUSTOM: reads node into the whole struct */
	int (*read)(const struct fields_reader *r, const struct yaml_node *node, void *object);
	const char *help; /* for the man page */
};

/* All keys of one mapping, for the man page. */
struct field_group {
	const char *name;
	const char *title;
	const struct field *fields;
	size_t count;
};

int fields_read(const struct fields_reader *r, const struct yaml_node *map, const char *what,
		const struct field *fields, size_t count, void *object) must_check;

/* The elements of a list: mappings that are read into structs of `size` bytes. */
struct list_of {
	const char *what; /* one of them, for messages */
	const struct field *fields;
	size_t field_count;
	size_t size;
	size_t most;
};

int fields_read_list(const struct fields_reader *r, const struct yaml_node *node, const struct list_of *items,
		     const void **ret, size_t *ret_count) must_check;
/* Reads a list of texts; *ret_count is at most `most`. */
int field_texts(const struct fields_reader *r, const struct yaml_node *node, size_t most, const char **ret,
		size_t *ret_count) must_check;
/* Reads a size in MiB: "460" or "1.5G". If it is none, -EINVAL with an error in diags. */
int field_mib(const struct fields_reader *r, const struct yaml_node *node, int64_t *ret) must_check;
/* Reads a name of at most 64 letters, digits, '.', '_' and '-'. If it is none, -EINVAL with an error in diags. */
int field_name(const struct fields_reader *r, const struct yaml_node *node, const char **ret) must_check;
int field_error(const struct fields_reader *r, const struct yaml_node *node, const char *fmt, ...) printf_like(3, 4);

#endif

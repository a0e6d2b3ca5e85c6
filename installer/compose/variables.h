/* SPDX-License-Identifier: MIT */
/* Compose's variables ("${NAME:-default}") in a project's files: which one a value is, and who else reads it. */
#ifndef VPSFIT_VARIABLES_H
#define VPSFIT_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "yaml/tree.h"

struct variable {
	const char *name;
	const char *fallback; /* its default; NULL: none */
};

bool variable_parse(struct arena *a, const char *text, struct variable *ret);
size_t variable_uses(const struct yaml_doc *doc, const char *name);
size_t variable_file_uses(const struct yaml_doc *doc, const char *file);
bool variable_in_env(const char *text, const char *name);
bool variable_in_text(const char *text, const char *name);
bool variable_is_null(const struct yaml_node *n);

#endif

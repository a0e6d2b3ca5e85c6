/* SPDX-License-Identifier: MIT */
/* Where a stack's database keeps its data. */
#ifndef VPSFIT_DATABASE_H
#define VPSFIT_DATABASE_H

#include "core/arena.h"
#include "yaml/tree.h"

struct database_place {
	const char *project; /* `name:` of the file; NULL: none, or it has variables */
	const char *volume;  /* named volume, by its key in the file; NULL: none */
	const char *fixed;   /* its name if that does not depend on the project's; NULL: it does */
	const char *folder;  /* bind mount: host directory, absolute or relative to the stack's; NULL: none */
};

/* A named volume by its key in the file. */
struct database_place database_volume(const struct yaml_doc *compose, const char *volume);
struct database_place database_find(struct arena *a, const struct yaml_doc *compose, const char *data);

#endif

/* SPDX-License-Identifier: MIT */
/* Where a stack's database keeps its data. */
#ifndef VPSFIT_DATABASE_H
#define VPSFIT_DATABASE_H

#include "core/arena.h"
#include "yaml/tree.h"

struct database_place {
	const char *project; /* the file's own name for the project; NULL: it says none */
	const char *volume;  /* named volume as the file calls it; NULL: none */
	const char
		*fixed; /* the name that the volume has whatever the project is called; NULL: it takes the project's */
	const char *folder; /* a directory of the host, relative to the stack's or absolute; NULL: none */
};

struct database_place database_find(struct arena *a, const struct yaml_doc *compose, const char *data);

#endif

/* SPDX-License-Identifier: MIT */
/* Shared by place.c and place_inside.c only: places within a scalar or a list. */
#ifndef VPSFIT_PLACE_INSIDE_H
#define VPSFIT_PLACE_INSIDE_H

#include "compose/place.h"

/* What to find. path and form tell where a person would write it. */
struct finder {
	struct arena *a;
	const struct yaml_doc *doc;
	const struct owned_value *v;
	const char *path;
	enum place_form form;
};

struct place inside_manual(const struct finder *f, const char *why);
struct place inside_whole(const struct finder *f, const struct yaml_node *n);
struct place inside_null(const struct finder *f, const struct yaml_node *n);
struct place inside_command(const struct finder *f, const struct yaml_node *n);
struct place inside_entries(const struct finder *f, const struct yaml_node *list);

#endif

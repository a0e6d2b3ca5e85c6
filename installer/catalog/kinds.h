/* The readers of the two kinds of file, between the files of this folder, and their keys, for the man page. */
#ifndef VPSFIT_KINDS_H
#define VPSFIT_KINDS_H

#include <errno.h>

#include "catalog/fields.h"
#include "core/profile.h"

int read_profile(const struct fields_reader *r, struct profile_set *set) must_check;
int read_cost_model(const struct fields_reader *r, struct cost_model_set *set) must_check;

extern const struct field_group profile_group;
extern const struct field_group cost_model_groups[];
extern const size_t cost_model_group_count;

#endif

/* The readers of the two kinds of file; between the files of this folder. */
#ifndef VPSFIT_KINDS_H
#define VPSFIT_KINDS_H

#include <errno.h>

#include "catalog/fields.h"
#include "core/profile.h"

int read_profile(const struct fields_reader *r, struct profile_set *set) must_check;
int read_cost_model(const struct fields_reader *r, struct cost_model_set *set) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Private to the files that build a change set: owned values that stand in a variable. */
#ifndef VPSFIT_VALUE_VARIABLES_H
#define VPSFIT_VALUE_VARIABLES_H

#include "changes/building.h"
#include "compose/edit.h"

const char *values_readable(const struct owned_value *v, const char *value);
int values_look_up(struct building *b, struct edit *e) must_check;

#endif

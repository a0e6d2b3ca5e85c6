/* SPDX-License-Identifier: MIT */
/* Takes a value out of a compose file by byte range; all other bytes stay. */
#ifndef VPSFIT_TAKE_H
#define VPSFIT_TAKE_H

#include "core/arena.h"
#include "yaml/tree.h"

const struct yaml_doc *take_value(struct arena *a, const struct yaml_doc *file, const char *path) must_check;

#endif

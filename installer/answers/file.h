/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_ANSWERS_FILE_H
#define VPSFIT_ANSWERS_FILE_H

#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/macros.h"

int answers_load(struct answers *all, struct arena *a, const char *path, struct diag_list *diags) must_check;

#endif

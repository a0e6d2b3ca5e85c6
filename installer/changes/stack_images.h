/* SPDX-License-Identifier: MIT */
/* What the stack on disk runs, for the planner. */
#ifndef VPSFIT_CHANGES_STACK_IMAGES_H
#define VPSFIT_CHANGES_STACK_IMAGES_H

#include "changes/changeset.h"

int stack_images_find(struct arena *a, const struct changeset_request *req, struct stack_images *ret) must_check;

#endif

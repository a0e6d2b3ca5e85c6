/* SPDX-License-Identifier: MIT */
/* What the stack directory contains, for display. Needs session_compare. */
#ifndef VPSFIT_STACK_VIEW_H
#define VPSFIT_STACK_VIEW_H

#include "session/session.h"

/* A variable's value in .env on disk, or NULL. Not for secrets. */
const char *stack_view_env(struct session *s, const char *key);
/* Is there a provider's key in .env? */
bool stack_view_has_key(struct session *s, enum provider which);

/* The name of the service that plays a part, or NULL. */
const char *stack_view_service(const struct session *s, size_t which);

#endif

/* SPDX-License-Identifier: MIT */
/* What the stack directory holds now, for who shows it. Reads what session_compare found. */
#ifndef VPSFIT_STACK_VIEW_H
#define VPSFIT_STACK_VIEW_H

#include "session/session.h"

/* The value of a variable in .env as it is on disk; NULL where there is none. Not for secrets. */
const char *stack_view_env(struct session *s, const char *key);
/* Is there a provider's key in .env? */
bool stack_view_has_key(struct session *s, enum provider which);

/* The service that plays a part in the stack; NULL where none does. */
const char *stack_view_service(const struct session *s, size_t which);

#endif

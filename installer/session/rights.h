/* SPDX-License-Identifier: MIT */
/* What this user lacks the rights for and root does not, as far as the plan needs it. */
#ifndef VPSFIT_RIGHTS_H
#define VPSFIT_RIGHTS_H

#include "session/session.h"

struct session_rights {
	const char *dir;     /* a directory (stack or state) that cannot be written; NULL: none */
	bool swap;	     /* the plan wants swap that this user cannot turn on */
	const char *command; /* to run instead; NULL: nothing is missing */
};

/* Only looks. The session must be planned. */
void session_rights(struct session *s, struct session_rights *ret);

/*
 * Was this stack applied by root, so that this user, who cannot read root's state, has none of it? The session must be
 * open and its state searched.
 */
bool session_is_roots(struct session *s);
/* session_is_roots, with an error that says so and what to run. */
bool session_refuse_roots(struct session *s);
/* Is root's state directory closed to this user? */
bool session_roots_are_hidden(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* What the session's user may not do and root may, as far as the plan asks for it. */
#ifndef VPSFIT_RIGHTS_H
#define VPSFIT_RIGHTS_H

#include "session/session.h"

struct session_rights {
	const char *dir;     /* the stack's or the state's directory, which cannot be written; NULL: both can */
	bool swap;	     /* the plan wants swap, and this user may not turn it on */
	const char *command; /* to type instead; NULL where nothing is missing */
};

/* Looks, and changes nothing. The session is planned. */
void session_rights(struct session *s, struct session_rights *ret);

/* Was this stack applied by root, so that this user, who may not read root's state, knows nothing of it? The session is
 * open, and its state looked for. */
bool session_is_roots(struct session *s);
/* The same with an error that says so, and what to type. */
bool session_refuse_roots(struct session *s);
/* May this user not look into root's state at all? */
bool session_roots_are_hidden(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* What runs otherwise than it is written. */
#ifndef VPSFIT_SESSION_RUNNING_H
#define VPSFIT_SESSION_RUNNING_H

#include "session/session.h"

void session_look_at_running(struct session *s);
/*
 * A sentence where the gateway runs and its database, which is in the same stack, does not: an engine of before the
 * health check that sees readiness, or one that does not restart, shows a green gateway then. NULL: that is not so.
 */
const char *session_database_gone(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* What runs otherwise than it is written. */
#ifndef VPSFIT_SESSION_RUNNING_H
#define VPSFIT_SESSION_RUNNING_H

#include "session/session.h"

void session_look_at_running(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Is the database of the stack that is planned for a service of it, or elsewhere? */
#ifndef VPSFIT_SESSION_DATABASE_H
#define VPSFIT_SESSION_DATABASE_H

#include "session/session.h"

int session_settle_database(struct session *s) must_check;

#endif

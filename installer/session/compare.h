/* SPDX-License-Identifier: MIT */
/* Private to session/: what comparing and planning again need of one another. */
#ifndef VPSFIT_SESSION_COMPARE_H
#define VPSFIT_SESSION_COMPARE_H

#include "session/session.h"

void session_forget_what_stays(struct session *s);
int session_compare_once(struct session *s) must_check;

#endif

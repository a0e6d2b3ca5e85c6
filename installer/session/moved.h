/* SPDX-License-Identifier: MIT */
/* A stack that was moved to another directory: its state and history go with it. */
#ifndef VPSFIT_SESSION_MOVED_H
#define VPSFIT_SESSION_MOVED_H

#include "apply/apply.h"
#include "session/session.h"

int session_find_moved(struct session *s) must_check;
const char *session_moved_stack(struct session *s);
int session_take_along(struct session *s) must_check;
void session_end_former(struct session *s, const struct apply_request *req);
/* Names of the stores in the state directory, sorted; their number, or a negative errno. */
long session_stores(struct session *s, char ***ret) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* The request shared by apply, rollback and recovery: for what writes, so that nobody else sees its headers. */
#ifndef VPSFIT_SESSION_REQUEST_H
#define VPSFIT_SESSION_REQUEST_H

#include "apply/apply.h"
#include "session/session.h"

struct apply_request session_request(struct session *s, tx_progress progress);

#endif

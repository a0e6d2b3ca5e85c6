/* SPDX-License-Identifier: MIT */
/* What there is to say of a stack that was applied: what holds the plan back, where it went. */
#ifndef VPSFIT_SESSION_LOOK_H
#define VPSFIT_SESSION_LOOK_H

#include "changes/gone.h"
#include "session/session.h"

const char *session_other_stacks(struct session *s);
void session_note_neighbours(struct session *s);
const char *session_let_go(struct session *s);
const char *session_held_back(struct session *s);
const char *session_forgotten(struct session *s);
struct gone_ways session_gone_ways(struct session *s, const struct state *state);
int session_refuse_gone(struct session *s) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* The sampler of a stack: its plan file, and the service that runs it. */
#ifndef VPSFIT_SESSION_WATCHING_H
#define VPSFIT_SESSION_WATCHING_H

#include "session/session.h"

struct watch_places;

/* In the stack's store. */
#define WATCH_PLAN_NAME "watch.plan"

int session_watch_places(struct session *s, struct watch_places *ret) must_check;
bool session_is_watched(struct session *s);
int session_watch_enable(struct session *s) must_check;
int session_watch_disable(struct session *s) must_check;
/* A stack that is forgotten is not watched any more, and what was seen of it goes. */
void session_watch_forget(struct session *s);
/*
 * After the state of a stack was taken along from `from`, its old directory or an adopted one's old file: the sampler's
 * unit has the stack's place in its name, so that of the new place is turned on and that of the old one off, where the
 * old one was on. What goes wrong is a warning.
 */
void session_watch_moved(struct session *s, const char *from);
/*
 * After an apply: turns the sampler on or off where that was asked for; else, if it is on, it gets the new plan. What
 * goes wrong is a warning.
 */
void session_watch_refresh(struct session *s);
/* Can the sampler be turned on here, and is it off? */
bool session_watch_is_offered(struct session *s);
/* "vpsfit-watch@NAME.service" */
const char *session_watch_unit(struct session *s);

#endif

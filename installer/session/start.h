/* SPDX-License-Identifier: MIT */
/* Starts the stack through Compose, and waits until it answers. */
#ifndef VPSFIT_SESSION_START_H
#define VPSFIT_SESSION_START_H

#include "session/session.h"

struct start_progress {
	void (*say)(void *context, const char *text);
	void *context;
};

/* Can the stack be started from here? */
bool start_can(const struct session *s);
/* The same; if not, adds an error. For the time before anything is written. */
bool start_is_possible(struct session *s);
/*
 * Runs "up -d", then looks until every container runs, is healthy where it has a health check, and the gateway answers;
 * at most the time of --start-timeout. Returns whether it does; if not, adds errors that say what is wrong with which
 * container. Needs session_compare, and what it compared is written. After it the machine is looked at anew.
 */
bool start_stack(struct session *s, const struct start_progress *progress);

#endif

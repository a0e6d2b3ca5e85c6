/* SPDX-License-Identifier: MIT */
/* Puts memory.high back also where the program is killed meanwhile: a process of its own waits for that. */
#ifndef VPSFIT_SESSION_RESTORING_H
#define VPSFIT_SESSION_RESTORING_H

#include <sys/types.h>

#include "session/probing.h"

struct restoring {
	int pipe; /* its other end is the guard's; -1: there is nothing to guard */
	pid_t guard;
};

/* Starts the guard, if any row's memory.high will be touched. 0, or -errno. The rows must stay until restoring_stop. */
int restoring_start(struct restoring *g, const struct probe *p) must_check;
/* memory.high of this row will be changed; is as it was. */
void restoring_begin(const struct restoring *g, size_t row);
void restoring_end(const struct restoring *g, size_t row);
void restoring_stop(struct restoring *g);

#endif

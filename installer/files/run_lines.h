/* SPDX-License-Identifier: MIT */
/* Runs another program as its user would, and hands on what it says line by line: without a shell, with a timeout. */
#ifndef VPSFIT_RUN_LINES_H
#define VPSFIT_RUN_LINES_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/macros.h"

struct lines_request {
	const char *const *argv; /* argv[0] is an absolute path */
	const char *dir;	 /* to run in; NULL: this process's */
	int timeout_ms;
	bool errors;				       /* standard error too, in the order of writing; else discarded */
	void (*line)(void *context, const char *text); /* valid during the call; at most 4 KiB, longer ones are cut */
	void *context;
};

/*
 * The program gets this process's environment, because it is what the user would have typed. Returns its exit status,
 * or -errno: -ENOENT if there is no such program, -ETIMEDOUT if it was ended after timeout_ms, -ECANCELED if a signal
 * ended it.
 */
int run_lines(const struct lines_request *r) must_check;

#endif

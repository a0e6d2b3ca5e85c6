/* SPDX-License-Identifier: MIT */
/* Another program, run without a shell and never waited for without end. */
#ifndef VPSFIT_RUN_PROGRAM_H
#define VPSFIT_RUN_PROGRAM_H

#include "core/arena.h"
#include "core/macros.h"

/*
 * Runs argv[0], a bare name that is looked for where the system keeps its programs. Standard output is thrown away;
 * what it says on standard error is returned (at most a few lines; *ret_said is "" where it said nothing). Returns its
 * exit status, or -errno: -ENOENT where there is no such program, -ETIMEDOUT where it was killed after timeout_ms,
 * -ECANCELED where a signal ended it.
 */
int run_program(struct arena *a, const char *const argv[], int timeout_ms, const char **ret_said) must_check;
/*
 * The same for a program that works on an open file: it has `fd` as RUN_PROGRAM_FD and as RUN_PROGRAM_FD_PATH, and
 * nothing else of ours.
 */
#define RUN_PROGRAM_FD 3
#define RUN_PROGRAM_FD_PATH "/proc/self/fd/3"
int run_program_on(struct arena *a, const char *const argv[], int fd, int timeout_ms, const char **ret_said) must_check;

#endif

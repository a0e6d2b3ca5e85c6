/* SPDX-License-Identifier: MIT */
/* Runs another program: without a shell, and with a timeout. */
#ifndef VPSFIT_RUN_PROGRAM_H
#define VPSFIT_RUN_PROGRAM_H

#include "core/arena.h"
#include "core/macros.h"

/*
 * Runs argv[0], a bare name, from the system's directories for programs. Standard output is discarded, standard error
 * returned on one line (at most 1 KiB; "" if empty). Returns its exit status, or -errno: -ENOENT if there is no such
 * program, -ETIMEDOUT if it was killed after timeout_ms, -ECANCELED if a signal ended it.
 */
int run_program(struct arena *a, const char *const argv[], int timeout_ms, const char **ret_said) must_check;
/* As run_program for a program that works on an open file: it inherits `fd` as RUN_PROGRAM_FD, else nothing of ours. */
#define RUN_PROGRAM_FD 3
#define RUN_PROGRAM_FD_PATH "/proc/self/fd/3"
int run_program_on(struct arena *a, const char *const argv[], int fd, int timeout_ms, const char **ret_said) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* What the two ways to run another program (run_program.h, run_lines.h) have in common. */
#ifndef VPSFIT_CHILD_H
#define VPSFIT_CHILD_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/macros.h"

/* Milliseconds of a clock that nobody sets. */
int64_t child_now_ms(void);
/*
 * Starts the program at path with these file actions, and with all signals as they are by default: this process may
 * block some during a change, and ignores SIGPIPE. Returns 0 or -errno.
 */
int child_spawn(const char *path, const char *const argv[], const char *const env[],
		const posix_spawn_file_actions_t *files, pid_t *ret) must_check;
/* Reads what comes next; 0 at the end of the file, at an error, and at the deadline. */
size_t child_read(int fd, char *bytes, size_t room, int64_t deadline);
/*
 * Waits for its end. One that runs at the deadline is asked to end (SIGTERM), and killed after grace_ms more; 0: at
 * once. Returns its exit status, -ETIMEDOUT if it was ended here, -ECANCELED if a signal ended it, or another -errno.
 */
int child_wait(pid_t pid, int64_t deadline, int grace_ms) must_check;

#endif

/* SPDX-License-Identifier: MIT */
#include "files/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/macros.h"

#define LOOK_MS 10

int64_t child_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int child_spawn(const char *path, const char *const argv[], const char *const env[],
		const posix_spawn_file_actions_t *files, pid_t *ret)
{
	posix_spawnattr_t attr;
	sigset_t none, pipes;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipes);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(ret, path, files, &attr, (char *const *)argv, (char *const *)env);
	posix_spawnattr_destroy(&attr);
	return -rc;
}

size_t child_read(int fd, char *bytes, size_t room, int64_t deadline)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - child_now_ms();
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			return 0;
		if (p.revents == 0)
			continue;
		n = read(fd, bytes, room);
		if (n < 0 && errno == EINTR)
			continue;
		return n > 0 ? (size_t)n : 0;
	}
}

/* Returns 1 if it has ended by then, 0 if not, or -errno. */
static int ended_by(pid_t pid, int64_t deadline, int *status)
{
	for (;;) {
		pid_t done = waitpid(pid, status, WNOHANG);

		if (done == pid)
			return 1;
		if (done < 0 && errno != EINTR)
			return -errno;
		if (child_now_ms() >= deadline)
			return 0;
		poll(NULL, 0, LOOK_MS);
	}
}

int child_wait(pid_t pid, int64_t deadline, int grace_ms)
{
	int status, rc = ended_by(pid, deadline, &status);

	if (rc > 0)
		return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
	if (rc < 0)
		return rc;
	if (grace_ms > 0) {
		kill(pid, SIGTERM);
		rc = ended_by(pid, child_now_ms() + grace_ms, &status);
	}
	if (rc == 0) {
		kill(pid, SIGKILL);
		TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
	}
	return -ETIMEDOUT;
}

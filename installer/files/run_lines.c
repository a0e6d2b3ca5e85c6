/* SPDX-License-Identifier: MIT */
#include "files/run_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINE 4096
#define LOOK_MS 10
/* Between asking a program to end and ending it: Compose passes the request on to its plugin. */
#define GRACE_MS 5000

struct buffer {
	char bytes[MAX_LINE];
	size_t len;
	bool cut; /* the rest of this line is dropped */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int spawn(const struct lines_request *r, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, pipes;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (r->errors)
		posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	else
		posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r->dir)
		posix_spawn_file_actions_addchdir_np(&files, r->dir);
	/* Main ignores SIGPIPE: do not pass that on. */
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipes);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(ret, r->argv[0], &files, &attr, (char *const *)r->argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

static void end_line(const struct lines_request *r, struct buffer *b)
{
	b->bytes[b->len] = '\0';
	if (b->len > 0 && r->line)
		r->line(r->context, b->bytes);
	b->len = 0;
	b->cut = false;
}

static void add_bytes(const struct lines_request *r, struct buffer *b, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			end_line(r, b);
			continue;
		}
		b->cut = b->cut || b->len == MAX_LINE - 1;
		if (!b->cut)
			b->bytes[b->len++] = bytes[i];
	}
}

/* Reads until the end of file or the deadline. */
static void listen_to(const struct lines_request *r, int fd, int64_t deadline)
{
	struct buffer b = {.len = 0, .cut = false};

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		char bytes[MAX_LINE];
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			break;
		if (p.revents == 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		add_bytes(r, &b, bytes, (size_t)n);
	}
	end_line(r, &b);
}

/* Returns whether it has ended by then. */
static bool ended_by(pid_t pid, int64_t deadline, int *status)
{
	for (;;) {
		pid_t done = waitpid(pid, status, WNOHANG);

		if (done == pid)
			return true;
		if (now_ms() >= deadline)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
}

static int wait_for(pid_t pid, int64_t deadline)
{
	int status;

	if (ended_by(pid, deadline, &status))
		return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
	kill(pid, SIGTERM);
	if (!ended_by(pid, now_ms() + GRACE_MS, &status)) {
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return -ETIMEDOUT;
}

int run_lines(const struct lines_request *r)
{
	int64_t deadline = now_ms() + r->timeout_ms;
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = spawn(r, fds[1], &pid);
	close(fds[1]);
	if (rc == 0) {
		listen_to(r, fds[0], deadline);
		rc = wait_for(pid, deadline);
	}
	close(fds[0]);
	return rc;
}

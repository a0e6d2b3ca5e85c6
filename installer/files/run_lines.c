/* SPDX-License-Identifier: MIT */
#include "files/run_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "files/child.h"

#define MAX_LINE 4096
/* Between asking a program to end and ending it: Compose passes the request on to its plugin. */
#define GRACE_MS 5000

struct buffer {
	char bytes[MAX_LINE];
	size_t len;
	bool cut; /* the rest of this line is dropped */
};

static int spawn(const struct lines_request *r, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (r->errors)
		posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	else
		posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r->dir)
		posix_spawn_file_actions_addchdir_np(&files, r->dir);
	rc = child_spawn(r->argv[0], r->argv, (const char *const *)environ, &files, ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
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
	char bytes[MAX_LINE];
	size_t n;

	while ((n = child_read(fd, bytes, sizeof(bytes), deadline)) > 0)
		add_bytes(r, &b, bytes, n);
	end_line(r, &b);
}

int run_lines(const struct lines_request *r)
{
	int64_t deadline = child_now_ms() + r->timeout_ms;
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = spawn(r, fds[1], &pid);
	close(fds[1]);
	if (rc == 0) {
		listen_to(r, fds[0], deadline);
		rc = child_wait(pid, deadline, GRACE_MS);
	}
	close(fds[0]);
	return rc;
}

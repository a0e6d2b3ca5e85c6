/* SPDX-License-Identifier: MIT */
#include "files/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files/child.h"

#define MAX_SAID 1024

/* Ignores PATH: cloud-init's lacks directories that root's has, and nobody else's can be trusted. */
static const char *find_program(struct arena *a, const char *name)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *path = arena_printf(a, "%s/%s", dirs[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static int spawn(const char *path, const char *const argv[], int err_fd, int given, pid_t *ret)
{
	static const char *const env[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	posix_spawn_file_actions_t files;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
	if (given >= 0)
		posix_spawn_file_actions_adddup2(&files, given, RUN_PROGRAM_FD);
	rc = child_spawn(path, argv, env, &files, ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Reads until end of file, a full buffer, or the deadline. */
static size_t listen_to(int fd, char *said, size_t room, int64_t deadline)
{
	size_t len = 0, n;

	while (len < room && (n = child_read(fd, said + len, room - len, deadline)) > 0)
		len += n;
	return len;
}

int run_program_on(struct arena *a, const char *const argv[], int fd, int timeout_ms, const char **ret_said)
{
	const char *path = find_program(a, argv[0]);
	int64_t deadline = child_now_ms() + timeout_ms;
	char said[MAX_SAID];
	size_t len;
	int fds[2], rc;
	pid_t pid;

	*ret_said = "";
	if (!path)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = spawn(path, argv, fds[1], fd, &pid);
	close(fds[1]);
	if (rc == 0) {
		len = listen_to(fds[0], said, sizeof(said), deadline);
		while (len > 0 && (said[len - 1] == '\n' || said[len - 1] == ' '))
			len--;
		for (size_t i = 0; i < len; i++)
			if (said[i] == '\n')
				said[i] = ';';
		*ret_said = arena_strndup(a, said, len);
		rc = child_wait(pid, deadline, 0);
	}
	close(fds[0]);
	return rc;
}

int run_program(struct arena *a, const char *const argv[], int timeout_ms, const char **ret_said)
{
	return run_program_on(a, argv, -1, timeout_ms, ret_said);
}

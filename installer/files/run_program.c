/* SPDX-License-Identifier: MIT */
#include "files/run_program.h"

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

#define MAX_SAID 1024
#define LOOK_MS 10

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

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
	posix_spawnattr_t attr;
	sigset_t none, pipes;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
	if (given >= 0)
		posix_spawn_file_actions_adddup2(&files, given, RUN_PROGRAM_FD);
	/* The program blocks signals during a change, and main ignores SIGPIPE: do not pass that on. */
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipes);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(ret, path, &files, &attr, (char *const *)argv, (char *const *)env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

/* Reads until end of file, a full buffer, or the deadline. */
static size_t listen_to(int fd, char *said, size_t room, int64_t deadline)
{
	size_t len = 0;

	while (len < room) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			break;
		if (p.revents == 0)
			continue;
		n = read(fd, said + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

static int wait_for(pid_t pid, int64_t deadline)
{
	int status;

	for (;;) {
		pid_t done = waitpid(pid, &status, WNOHANG);

		if (done == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
		if (done < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline) {
			kill(pid, SIGKILL);
			TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
			return -ETIMEDOUT;
		}
		poll(NULL, 0, LOOK_MS);
	}
}

int run_program_on(struct arena *a, const char *const argv[], int fd, int timeout_ms, const char **ret_said)
{
	const char *path = find_program(a, argv[0]);
	int64_t deadline = now_ms() + timeout_ms;
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
		rc = wait_for(pid, deadline);
	}
	close(fds[0]);
	return rc;
}

int run_program(struct arena *a, const char *const argv[], int timeout_ms, const char **ret_said)
{
	return run_program_on(a, argv, -1, timeout_ms, ret_said);
}

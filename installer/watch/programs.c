/* SPDX-License-Identifier: MIT */
/* The administrator's programs in alert.d: run one after the other, without a shell, and never for long. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "watch/deliver.h"

#define MAX_MESSAGE 1024
#define MAX_FIELDS 16
/* Beside the spool, which is empty while nothing waits. */
#define STAMP "../messages.last"
#define PATH_OF_PROGRAMS "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void wait_ms(int64_t ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* Names as run-parts(8) takes them: no backup of an editor's and no file of a package manager's. */
static bool is_name(const char *name)
{
	return name[0] &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(name);
}

/* Root's, or this user's own, and nobody else may change it. */
static bool is_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool may_run(int dir, const char *name)
{
	char said[512];
	struct stat st;

	if (!is_name(name) || fstatat(dir, name, &st, 0) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
		return false;
	if (is_trusted(&st))
		return true;
	snprintf(said, sizeof(said),
		 "%s in alert.d was not run: others than root may change it; chmod go-w, chown root", name);
	deliver_line(said, LOG_WARNING);
	return false;
}

/* In the child: nothing of ours but the message. */
__attribute__((noreturn)) static void become(int dir, const char *name, char *const env[])
{
	char *const argv[] = {(char *)name, NULL};
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	for (int fd = 0; fd <= 2; fd++)
		if (nothing < 0 || dup2(nothing, fd) < 0)
			_exit(127);
	if (fchdir(dir) < 0)
		_exit(127);
	execve(name, argv, env);
	_exit(127);
}

/* Waits, and after its time kills it with all that it started. Returns its exit status, or -1. */
static int wait_for(pid_t pid)
{
	const int64_t end = now_ms() + ALERT_PROGRAM_SECONDS * 1000;
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && now_ms() < end)
		wait_ms(20);
	kill(-pid, SIGKILL);
	if (got == 0)
		got = waitpid(pid, &status, 0);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run_one(int dir, const char *name, char *const env[])
{
	char said[512];
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(dir, name, env);
	status = pid < 0 ? -1 : wait_for(pid);
	if (status == 0)
		return;
	snprintf(said, sizeof(said),
		 status > 0 ? "%s in alert.d ended with exit code %d"
			    : "%s in alert.d did not end by itself in %d seconds",
		 name, status > 0 ? status : ALERT_PROGRAM_SECONDS);
	deliver_line(said, LOG_WARNING);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void run_all(const char *programs, char *const env[])
{
	int dir = open(programs, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n;
	struct dirent **names;
	struct stat st;

	if (dir < 0)
		return;
	if (fstat(dir, &st) < 0 || !is_trusted(&st)) {
		deliver_line("nothing in alert.d was run: others than root may change the directory", LOG_WARNING);
		close(dir);
		return;
	}
	n = scandirat(AT_FDCWD, programs, &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		if (may_run(dir, names[i]->d_name))
			run_one(dir, names[i]->d_name, env);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	close(dir);
}

/* A message's lines as an environment. */
static void tell(const char *programs, char *text)
{
	char *env[MAX_FIELDS + 2] = {(char *)PATH_OF_PROGRAMS};
	size_t n = 1;

	for (char *line = text, *next; line && *line && n <= MAX_FIELDS; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(line, "VPSFIT_", 7) == 0)
			env[n++] = line;
	}
	env[n] = NULL;
	run_all(programs, env);
}

/* Since the last message was told, in this process or another. */
static void keep_apart(int dir, int apart_seconds)
{
	struct stat st;
	int fd;

	if (fstatat(dir, STAMP, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		int64_t since = (int64_t)time(NULL) - (int64_t)st.st_mtim.tv_sec;

		if (since >= 0 && since < apart_seconds)
			wait_ms((apart_seconds - since) * 1000);
	}
	if (unlinkat(dir, STAMP, 0) < 0 && errno != ENOENT)
		return;
	fd = openat(dir, STAMP, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static int is_message(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void tell_file(int dir, const char *name, const char *programs, int apart_seconds)
{
	char text[MAX_MESSAGE + 1];
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, MAX_MESSAGE);

	if (fd >= 0)
		close(fd);
	/* Removed first: a message that ends the program is not told again and again. */
	if (unlinkat(dir, name, 0) < 0 || n <= 0 || access(programs, F_OK) < 0)
		return;
	text[n] = '\0';
	keep_apart(dir, apart_seconds);
	tell(programs, text);
}

/* The oldest waiting message's name is ret's; false: there is none. */
static bool first_message(const char *spool, char *ret, size_t size)
{
	struct dirent **names;
	int n = scandirat(AT_FDCWD, spool, &names, is_message, by_name);

	for (int i = 0; i < n; i++) {
		if (i == 0)
			snprintf(ret, size, "%s", names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n > 0;
}

bool deliver_is_waiting(const char *spool)
{
	char name[256];

	return first_message(spool, name, sizeof(name));
}

int deliver_spool(const char *spool, const char *programs, int apart_seconds)
{
	int dir = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[256];

	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	while (first_message(spool, name, sizeof(name)))
		tell_file(dir, name, programs, apart_seconds);
	close(dir);
	return 0;
}

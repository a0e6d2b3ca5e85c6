/* SPDX-License-Identifier: MIT */
/* The administrator's programs in alert.d: run one after the other, without a shell, and never for long. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/units.h"
#include "watch/deliver.h"

/* And who has it. */
#define MAX_MESSAGE (1024 + NAME_MAX + 16)
#define MAX_FIELDS 16
/* Beside the spool, which is empty while nothing waits. */
#define STAMP "../messages.last"
/* After SIGTERM a program has so long to end by itself. */
#define LAST_MS 2000
/* A line of a message that was interrupted: the programs up to this one have it. */
#define AFTER "after "
#define PATH_OF_PROGRAMS "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static volatile sig_atomic_t stopping;

static void stop_soon(int signal)
{
	(void)signal;
	stopping = 1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void wait_ms(int64_t ms)
{
	const int64_t end = now_ms() + ms;

	/* In slices: a signal just before the call would be slept through. */
	for (int64_t left = ms; left > 0 && !stopping; left = end - now_ms()) {
		struct timespec t = {0, (long)min_i64(left, 100) * 1000000};

		nanosleep(&t, NULL);
	}
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
	int64_t end = now_ms() + ALERT_PROGRAM_SECONDS * 1000;
	const struct timespec pause = {0, 20000000};
	bool asked = false;
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && now_ms() < end) {
		if (stopping && !asked) {
			asked = true;
			kill(-pid, SIGTERM);
			end = min_i64(end, now_ms() + LAST_MS);
		}
		nanosleep(&pause, NULL);
	}
	kill(-pid, SIGKILL);
	if (got == 0)
		got = waitpid(pid, &status, 0);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* False: it was ended before its time, because this program is to end. */
static bool run_one(int dir, const char *name, char *const env[])
{
	char said[512];
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(dir, name, env);
	status = pid < 0 ? -1 : wait_for(pid);
	if (status == 0 || stopping)
		return status == 0;
	snprintf(said, sizeof(said),
		 status > 0 ? "%s in alert.d ended with exit code %d"
			    : "%s in alert.d did not end by itself in %d seconds",
		 name, status > 0 ? status : ALERT_PROGRAM_SECONDS);
	deliver_line(said, LOG_WARNING);
	return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Runs those after `told`, and writes there which was the last. False: some are left, because it is to end. */
static bool run_all(const char *programs, char *const env[], char told[NAME_MAX + 1])
{
	bool all = true;
	int dir = open(programs, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n;
	struct dirent **names;
	struct stat st;

	if (dir < 0)
		return true;
	if (fstat(dir, &st) < 0 || !is_trusted(&st)) {
		deliver_line("nothing in alert.d was run: others than root may change the directory", LOG_WARNING);
		close(dir);
		return true;
	}
	n = scandirat(AT_FDCWD, programs, &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		if (all && strcmp(names[i]->d_name, told) > 0 && may_run(dir, names[i]->d_name)) {
			all = !stopping && run_one(dir, names[i]->d_name, env);
			if (all)
				snprintf(told, NAME_MAX + 1, "%s", names[i]->d_name);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	close(dir);
	return all;
}

/* A message's lines as an environment. False: not every program could be told; told: the last that was. */
static bool tell(const char *programs, char *text, char told[NAME_MAX + 1])
{
	char *env[MAX_FIELDS + 2] = {(char *)PATH_OF_PROGRAMS};
	size_t n = 1;

	for (char *line = text, *next; line && *line && n <= MAX_FIELDS; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(line, "VPSFIT_", 7) == 0)
			env[n++] = line;
		else if (strncmp(line, AFTER, strlen(AFTER)) == 0)
			snprintf(told, NAME_MAX + 1, "%s", line + strlen(AFTER));
	}
	env[n] = NULL;
	return run_all(programs, env, told);
}

/* Since the last message was told, in this process or another. False: it is to end meanwhile. */
static bool keep_apart(int dir, int apart_seconds)
{
	struct stat st;
	int fd;

	if (fstatat(dir, STAMP, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		int64_t since = (int64_t)time(NULL) - (int64_t)st.st_mtim.tv_sec;

		if (since >= 0 && since < apart_seconds)
			wait_ms((apart_seconds - since) * 1000);
	}
	if (stopping)
		return false;
	if (unlinkat(dir, STAMP, 0) < 0 && errno != ENOENT)
		return true;
	fd = openat(dir, STAMP, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return true;
}

static int is_message(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* For the next one that delivers. */
static void put_back(int dir, const char *name, const char *text, const char *told)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool kept = fd >= 0 && dprintf(fd, "%s%s%s%s", told[0] ? AFTER : "", told, told[0] ? "\n" : "", text) > 0;

	if (fd >= 0)
		close(fd);
	if (!kept)
		deliver_line("a message could not be kept for the programs in alert.d that did not get it", LOG_ERR);
}

/* The message's own lines, behind the one that says who has it. */
static const char *own_lines(const char *text)
{
	const char *end = strncmp(text, AFTER, strlen(AFTER)) == 0 ? strchr(text, '\n') : NULL;

	return end ? end + 1 : text;
}

static void tell_file(int dir, const char *name, const char *programs, int apart_seconds)
{
	char text[MAX_MESSAGE + 1], whole[MAX_MESSAGE + 1], told[NAME_MAX + 1] = "";
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, MAX_MESSAGE);

	if (fd >= 0)
		close(fd);
	if (n > 0 && access(programs, F_OK) == 0 && !keep_apart(dir, apart_seconds))
		return;
	/* Removed first: a message that ends the program is not told again and again. */
	if (unlinkat(dir, name, 0) < 0 || n <= 0 || access(programs, F_OK) < 0)
		return;
	text[n] = '\0';
	memcpy(whole, text, (size_t)n + 1);
	if (!tell(programs, text, told))
		put_back(dir, name, own_lines(whole), told);
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
	const struct sigaction stop = {.sa_handler = stop_soon};
	char name[256];

	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	while (!stopping && first_message(spool, name, sizeof(name)))
		tell_file(dir, name, programs, apart_seconds);
	close(dir);
	return 0;
}

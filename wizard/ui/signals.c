/* SPDX-License-Identifier: MIT */
#include "wizard/ui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "core/macros.h"

/* Signals that end the wizard, and signals that it survives. */
static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static const int others[] = {SIGTSTP, SIGWINCH};

static int pipe_fds[2] = {-1, -1};
static int last_fatal;

static void note(int sig)
{
	const unsigned char byte = (unsigned char)sig;
	int saved = errno;

	/* If the pipe is full, it has enough signals in it. */
	(void)!write(pipe_fds[1], &byte, 1);
	errno = saved;
}

static void set_all(void (*handler)(int))
{
	struct sigaction sa = {.sa_handler = handler};

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		sigaction(others[i], &sa, NULL);
}

/* Returns 0 or a negative errno. */
int signals_open(void)
{
	last_fatal = 0;
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	signals_catch();
	return 0;
}

void signals_close(void)
{
	set_all(SIG_DFL);
	for (int i = 0; i < 2; i++) {
		if (pipe_fds[i] >= 0)
			close(pipe_fds[i]);
		pipe_fds[i] = -1;
	}
}

void signals_catch(void)
{
	set_all(note);
}

int signals_fd(void)
{
	return pipe_fds[0];
}

static bool is_fatal(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		if (fatal[i] == sig)
			return true;
	return false;
}

int signals_take(void)
{
	unsigned char byte;

	if (TEMP_FAILURE_RETRY(read(pipe_fds[0], &byte, 1)) != 1)
		return 0;
	if (is_fatal(byte))
		last_fatal = byte;
	return byte;
}

int signals_fatal(void)
{
	return last_fatal;
}

void signals_stop_here(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTSTP, &sa, NULL);
	raise(SIGTSTP);
	signals_catch();
}

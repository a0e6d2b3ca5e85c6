/* SPDX-License-Identifier: MIT */
#include "session/restoring.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_back(const struct probe_row *row)
{
	int fd = openat(row->group, "memory.high", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, row->high, strlen(row->high));
	close(fd);
}

/* In the guard: ends when the other end of the pipe is closed, however that came about. */
__attribute__((noreturn)) static void wait_and_restore(int from, const struct probe *p)
{
	bool changed[PROBE_MAX] = {false};
	unsigned char told;
	ssize_t n;

	setsid();
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	while ((n = read(from, &told, 1)) != 0)
		if (n > 0)
			changed[told % PROBE_MAX] = told < PROBE_MAX;
	for (size_t i = 0; i < p->count; i++)
		if (changed[i])
			put_back(&p->rows[i]);
	_exit(0);
}

int restoring_start(struct restoring *g, const struct probe *p)
{
	int ends[2];
	bool any = false;

	*g = (struct restoring){-1, -1};
	for (size_t i = 0; i < p->count; i++)
		any |= p->rows[i].high[0] != '\0';
	if (!any)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	g->guard = fork();
	if (g->guard == 0) {
		close(ends[1]);
		wait_and_restore(ends[0], p);
	}
	close(ends[0]);
	g->pipe = ends[1];
	if (g->guard > 0)
		return 0;
	close(ends[1]);
	return -errno;
}

static void tell(const struct restoring *g, size_t told)
{
	const unsigned char byte = (unsigned char)told;

	if (g->pipe >= 0)
		(void)!write(g->pipe, &byte, 1);
}

void restoring_begin(const struct restoring *g, size_t row)
{
	tell(g, row);
}

void restoring_end(const struct restoring *g, size_t row)
{
	tell(g, row + PROBE_MAX);
}

void restoring_stop(struct restoring *g)
{
	if (g->pipe < 0)
		return;
	close(g->pipe);
	waitpid(g->guard, NULL, 0);
	g->pipe = -1;
}

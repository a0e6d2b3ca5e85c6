/* SPDX-License-Identifier: MIT */
/*
 * An allocator that fails once: with LD_PRELOAD, allocation number FAIL_ALLOCATION (from 1) returns NULL. If the
 * program survives, the number of allocations is written to ALLOCATION_COUNT at exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static unsigned long allocations, failing;

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("FAIL_ALLOCATION");

	failing = n ? strtoul(n, NULL, 10) : 0;
	allocations = 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("ALLOCATION_COUNT");
	char text[32];
	int fd, n = snprintf(text, sizeof(text), "%lu\n", allocations);

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		abort();
	close(fd);
}

static int fails(void)
{
	if (++allocations != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

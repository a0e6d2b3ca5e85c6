/* SPDX-License-Identifier: MIT */
#include "core/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)32 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

static void (*on_out_of_memory)(void) = abort;

void arena_set_out_of_memory(void (*handler)(void))
{
	on_out_of_memory = handler;
}

/* For a library call that ran out of memory: ends the program as a failed allocation here does. */
void arena_out_of_memory(void)
{
	on_out_of_memory();
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		on_out_of_memory();
	return q;
}

static struct arena_block *new_block(struct arena *a, size_t size)
{
	size_t room = size > BLOCK_SIZE / 8 ? size : BLOCK_SIZE;
	struct arena_block *b;

	if (room > SIZE_MAX - sizeof(*b))
		on_out_of_memory();
	b = xrealloc(NULL, sizeof(*b) + room);
	b->used = 0;
	b->size = room;
	/* A large request gets a block of its own; the current one keeps serving the small ones. */
	if (a->head && size > BLOCK_SIZE / 8) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

/* Uninitialised memory; align is a power of two. */
static void *take(struct arena *a, size_t size, size_t align)
{
	struct arena_block *b = a->head;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

	if (!b || at > b->size || b->size - at < size) {
		b = new_block(a, size);
		at = 0;
	}
	b->used = at + size;
	return b->bytes + at;
}

/*
 * Zeroed memory, aligned for any type of this size. Never NULL. Only arena_clear releases it. A type's size is a
 * multiple of its alignment, so that only a multiple of 16 may have to be aligned to 16.
 */
void *arena_alloc(struct arena *a, size_t size)
{
	size_t align = size % _Alignof(max_align_t) ? _Alignof(void *) : _Alignof(max_align_t);

	return memset(take(a, size, align), 0, size);
}

/* As arena_alloc for count items of size bytes; an overflow counts as out of memory. */
void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		on_out_of_memory();
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		on_out_of_memory();
	copy = take(a, n + 1, 1);
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

/* Two texts as one: for long ones, which a format would go through twice. */
char *arena_join(struct arena *a, const char *s, const char *t)
{
	const size_t n = strlen(s), m = strlen(t);
	char *both;

	if (n > SIZE_MAX - m - 1)
		on_out_of_memory();
	both = take(a, n + m + 1, 1);
	memcpy(both, s, n);
	memcpy(both + n, t, m + 1);
	return both;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char line[256]; /* most texts fit, and are formatted once */
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(line, sizeof(line), fmt, again);
	va_end(again);
	if (n < 0)
		return arena_strdup(a, "");
	if ((size_t)n < sizeof(line))
		return arena_strndup(a, line, (size_t)n);
	text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

/* Releases everything and leaves an empty arena. */
void arena_clear(struct arena *a)
{
	while (a->head) {
		struct arena_block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
}

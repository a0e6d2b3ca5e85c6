/* SPDX-License-Identifier: MIT */
/*
 * Memory that lives as long as a session. Everything a run learns (facts, trees, plan texts)
 * is allocated here and released at once; nothing taken from an arena is freed by itself.
 * Single-threaded.
 */
#ifndef VPSFIT_ARENA_H
#define VPSFIT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/macros.h"

struct arena {
	struct arena_block *head;
};

#define ARENA_INIT                                                                                                     \
	{                                                                                                              \
		NULL                                                                                                   \
	}

void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_join(struct arena *a, const char *s, const char *t);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);
void arena_clear(struct arena *a);

/* Sets what to call when memory runs out; it must not return. The default is abort(). */
void arena_set_out_of_memory(void (*handler)(void));
void arena_out_of_memory(void);

/* realloc (malloc if p is NULL) that never returns NULL; for buffers that grow. Release with free(). */
void *xrealloc(void *p, size_t size);

#endif

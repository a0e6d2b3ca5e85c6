/* SPDX-License-Identifier: MIT */
/*
 * Messages as records. Libraries never print: they add to a diag_list, and the command (or a wizard window, or a
 * test) decides what to do with them. Texts are copied into the list's arena, so a record lives as long as the
 * session.
 */
#ifndef VPSFIT_DIAG_H
#define VPSFIT_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"

enum severity { SEV_INFO, SEV_WARNING, SEV_ERROR, SEVERITY_COUNT };

struct diag {
	enum severity severity;
	const char *code;  /* of a warning or note: stable, for programs (core/advice_notes.c); NULL: none */
	const char *file;  /* NULL: no file */
	unsigned line;	   /* 1-based; 0: the whole file */
	unsigned col;	   /* 1-based display column of the caret; 0: none */
	const char *text;  /* what is wrong and what was not done */
	const char *hint;  /* what to do next; NULL: nothing to add */
	const char *quote; /* the source line, without its line end; NULL: none */
};

struct diag_list {
	struct arena *arena;
	struct diag *items;
	size_t count;
	size_t cap;
	/* May a message name this key, or quote its line? NULL: any key that discreet_is_name accepts. */
	bool (*may_name)(const char *key, size_t len);
};

void diag_init(struct diag_list *l, struct arena *a);
void diag_clear(struct diag_list *l);
/*
 * Adds a message without line and column; `file` may be NULL. Returns it, valid until the next diag_add: set line,
 * col, hint and quote (texts that live as long as the arena).
 */
struct diag *diag_add(struct diag_list *l, enum severity sev, const char *file, const char *fmt, ...) printf_like(4, 5);
/* The same for a warning or a note, with its code. */
struct diag *diag_note(struct diag_list *l, const char *code, enum severity sev, const char *file, const char *fmt, ...)
	printf_like(5, 6);
size_t diag_errors(const struct diag_list *l);
/* Appends one record to out: "file:line:col: error: text", the source line, a caret line, "  hint". */
void diag_render(const struct diag *d, struct strbuf *out);

#endif

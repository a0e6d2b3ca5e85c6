/* SPDX-License-Identifier: MIT */
/* The stacks of a machine, and the end of one, for people and as JSON. */
#ifndef VPSFIT_STACKS_TEXT_H
#define VPSFIT_STACKS_TEXT_H

#include "changes/changeset.h"
#include "core/strbuf.h"

/* A stack that is remembered. */
struct known_stack {
	const struct state *state;
	bool gone;
	const char *command; /* what to type for it */
};

void stacks_text(struct arena *a, const struct known_stack *all, size_t count, struct strbuf *out);
void stacks_json(const struct known_stack *all, size_t count, struct strbuf *out);
/* What outlives a stack that is forgotten. */
struct forgetting {
	const struct state *state;
	const char *secrets; /* the file that has its secrets; NULL: it had none */
	const char *files;   /* the directory that gets the last copies of its files; NULL: none is lost */
};

void forget_text(const struct forgetting *f, struct strbuf *out);
void forget_json(const struct forgetting *f, struct strbuf *out);

#endif

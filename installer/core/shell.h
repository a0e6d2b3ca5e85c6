/* SPDX-License-Identifier: MIT */
/* Command lines that a person may paste into a shell. */
#ifndef VPSFIT_SHELL_H
#define VPSFIT_SHELL_H

#include "core/arena.h"
#include "core/strbuf.h"

/* Adds text as one word. */
void shell_word(struct strbuf *out, const char *word);
/* The same in the arena, to stand as %s in a message. */
const char *shell_quoted(struct arena *a, const char *word);

#endif

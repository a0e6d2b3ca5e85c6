/* SPDX-License-Identifier: MIT */
/* Command lines for people to paste into a shell. */
#ifndef VPSFIT_SHELL_H
#define VPSFIT_SHELL_H

#include "core/arena.h"
#include "core/strbuf.h"

/* Appends word as one word of a shell. */
void shell_word(struct strbuf *out, const char *word);
/* The same, allocated from a, for %s in a message. */
const char *shell_quoted(struct arena *a, const char *word);

#endif

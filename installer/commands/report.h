/* SPDX-License-Identifier: MIT */
/* The only code that prints: results to standard output, messages to standard error. */
#ifndef VPSFIT_REPORT_H
#define VPSFIT_REPORT_H

#include <stdbool.h>

#include "core/exit_codes.h"
#include "core/macros.h"

struct session;
struct strbuf;

/* Writes to standard output; returns false on failure (full disk, closed pipe). */
bool report_out(const struct strbuf *text) must_check;
/* Prints all pending messages to standard error and clears them. */
void report_diags(struct session *s);
/* If standard output is a terminal with colours, codes from style_add pass through. */
void report_in_colour(bool yes);
bool report_text(const char *text);
/* As report_out, and on a terminal in place of what was there before. */
bool report_again(const struct strbuf *text) must_check;
void report_error_line(const char *text);

/*
 * The last line of an apply that nobody watches, unless it did what it was to do: which stack, the exit code, and what
 * that means. It stands in a log among other programs' lines.
 */
void report_end(struct session *s, enum exit_code code);
/* Is there a terminal for questions? */
bool report_can_ask(void);
/* Asks "text [y/N]" on the terminal; end of input means no. */
bool report_ask(const char *text);

#endif

/* SPDX-License-Identifier: MIT */
/* The only place that prints: results to standard output, messages to standard error. */
#ifndef VPSFIT_REPORT_H
#define VPSFIT_REPORT_H

#include "session/session.h"

/* Writes to standard output; false where it cannot be written (a full disk, a closed pipe). */
bool report_out(const struct strbuf *text) must_check;
/* Prints every message that has not been printed yet to standard error. */
void report_diags(struct session *s);
/* Standard output is a terminal that has colours: what style_add writes reaches it. */
void report_in_colour(bool yes);
void report_error_line(const char *text);
/* Is there a terminal to ask a person on? */
bool report_can_ask(void);
/* Asks "text [y/N]" on the terminal; end of input is a no. */
bool report_ask(const char *text);

#endif

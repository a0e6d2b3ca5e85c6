/* SPDX-License-Identifier: MIT */
/* Internal to the code that uses newt: colours, and a text in several of them. */
#ifndef VPSFIT_NEWT_BODY_H
#define VPSFIT_NEWT_BODY_H

#include <newt.h>
#include <stdbool.h>

#include "core/arena.h"

/* A text box whose characters have colours of their own; newt's has one for all. */
struct newt_body {
	newtComponent *cells; /* a label for each place, line by line */
	int width, height;
};

/* Is there to be colour? Neither NO_COLOR nor NEWT_MONO is set. */
bool newt_colours_wanted(void);
/* Sets vpsfit's palette, unless the person has one (NEWT_COLORS). After newtInit. */
void newt_colours_set(void);
void newt_body_add(struct newt_body *b, struct arena *a, newtComponent form, int left, int top, int width, int height);
/* Shows the lines of the text, in colours where it has style's codes. */
void newt_body_show(const struct newt_body *b, const char *text);

#endif

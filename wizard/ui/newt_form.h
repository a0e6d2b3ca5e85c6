/* SPDX-License-Identifier: MIT */
/* Between the files that know newt: a page as a window with a form in it. */
#ifndef VPSFIT_NEWT_FORM_H
#define VPSFIT_NEWT_FORM_H

#include <newt.h>

#include "wizard/ui/ui.h"

struct newt_form {
	struct ui *ui;
	struct page *page;
	int width, height; /* of the window, inside */
	int body_top, body_height;
	const char *body_text;
	size_t body_lines;
	bool intro_scrolls; /* there is no room above the fields: it stands at the top of the body */
	bool syncing;	    /* the page, not the person, changes a component */
	newtComponent form, body, bar;
	newtComponent fields[PAGE_FIELDS];
	int list_room;				 /* columns of a row in a list */
	const char *const *choices[PAGE_FIELDS]; /* as they stand in a list */
	size_t marked[PAGE_FIELDS];		 /* the row that is marked in a list */
	newtComponent reasons[PAGE_FIELDS];
	newtComponent buttons[PAGE_BUTTONS];
	int reason_width;
};

/* Opens the window and fills it from the page.  */
void newt_form_open(struct newt_form *f, struct ui *ui, struct page *p);
/* What was typed and not yet left goes into the page. */
void newt_form_collect(struct newt_form *f);
/* Is there more of the body than there is room for? */
bool newt_form_overflows(const struct newt_form *f);
void newt_form_close(struct newt_form *f);
/* Scrolls the body so that line `to` is the first. */
void newt_form_scroll(struct newt_form *f, long to);
/* Moves the page's step field, wherever the focus is; false where there is none. */
bool newt_form_step(struct newt_form *f, int by);

#endif

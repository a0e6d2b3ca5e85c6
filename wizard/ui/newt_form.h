/* SPDX-License-Identifier: MIT */
/* Internal to the code that uses newt: a page as a window with a form. */
#ifndef VPSFIT_NEWT_FORM_H
#define VPSFIT_NEWT_FORM_H

#include <newt.h>

#include "wizard/ui/newt_body.h"
#include "wizard/ui/ui.h"

struct newt_form {
	struct ui *ui;
	struct page *page;
	int width, height; /* inner size of the window */
	int body_top, body_height;
	const char *body_text;
	size_t body_lines;
	size_t must_see;    /* lines of it, before the first button does what it says */
	bool intro_scrolls; /* no room above the fields: it is at the top of the body */
	bool syncing;	    /* components are being set by the page, not by the person */
	newtComponent form, body, bar;
	struct newt_body coloured; /* in place of body, where there is colour */
	newtComponent fields[PAGE_FIELDS];
	int list_room;				 /* columns for a row of the list */
	const char *const *choices[PAGE_FIELDS]; /* as shown in a list */
	size_t marked[PAGE_FIELDS];		 /* the marked row of a list */
	newtComponent reasons[PAGE_FIELDS];
	newtComponent buttons[PAGE_BUTTONS];
	int reason_width;
};

/* Opens the window and fills it from the page. */
void newt_form_open(struct newt_form *f, struct ui *ui, struct page *p);
/* Copies typed but unfinished input into the page. */
void newt_form_collect(struct newt_form *f);
/* Is the body longer than its window? */
bool newt_form_overflows(const struct newt_form *f);
/* Does the first button read on instead? */
bool newt_form_must_read_on(const struct newt_form *f);
void newt_form_close(struct newt_form *f);
/* Scrolls the body so that line `to` is the first. */
void newt_form_scroll(struct newt_form *f, long to);
/* Moves the page's step field, wherever the focus is; false if there is none. */
bool newt_form_step(struct newt_form *f, int by);

#endif

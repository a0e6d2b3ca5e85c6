/* SPDX-License-Identifier: MIT */
/*
 * What the wizard asks of a user interface. The flow and the screens know this table and nothing of newt or of
 * terminals; a test puts one of its own in.
 */
#ifndef VPSFIT_UI_H
#define VPSFIT_UI_H

#include "core/arena.h"
#include "wizard/ui/page.h"

enum ui_event {
	UI_PRESSED, /* a button: page->pressed */
	UI_HELP,
	UI_ESCAPE, /* the person wants to leave */
	UI_GONE	   /* end of input, a lost terminal, a signal that ends the process */
};

struct ui;

struct ui_ops {
	/* Takes the terminal. 0, or a negative errno: it is as it was. */
	int (*begin)(struct ui *ui);
	/* Gives the terminal back; harmless where it is not taken. */
	void (*end)(struct ui *ui);
	/* Shows a page until the person does something that the page itself cannot answer. Fields, focus and scroll are
	 * written back. */
	enum ui_event (*show)(struct ui *ui, struct page *p);
	/* Step `done` of `total` is beginning: shown at once, asks nothing. */
	void (*progress)(struct ui *ui, const char *title, const char *what, size_t done, size_t total);
};

struct ui {
	const struct ui_ops *ops;
	struct arena *arena; /* for texts that are shown */
	const char *heading; /* what stands above all pages */
};

/* Line by line, for a terminal that can do nothing else, and for screen readers. */
extern const struct ui_ops ui_plain;
/* The whole screen. */
extern const struct ui_ops ui_newt;

/* The smallest screen that ui_newt draws on: below that a list, what follows from its choices and the buttons are not
 * all in sight. */
#define UI_MIN_COLUMNS 40
#define UI_MIN_ROWS 16

enum ui_fitness { UI_FIT, UI_TOO_SMALL, UI_CANNOT };

/* Can ui_newt draw on this terminal? Changes nothing. */
enum ui_fitness ui_newt_fitness(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the wizard needs of a user interface. Flow and screens only know this table, nothing of newt or terminals; tests
 * provide their own.
 */
#ifndef VPSFIT_UI_H
#define VPSFIT_UI_H

#include "core/arena.h"
#include "output/style.h"
#include "wizard/ui/page.h"

enum ui_event {
	UI_PRESSED, /* a button was pressed, see page->pressed */
	UI_HELP,
	UI_ESCAPE, /* request to leave */
	UI_GONE	   /* end of input, terminal lost, or a fatal signal */
};

struct ui;

struct ui_ops {
	/* Takes over the terminal. Returns 0, or a negative errno and leaves it unchanged. */
	int (*begin)(struct ui *ui);
	/* Gives the terminal back; harmless if it was not taken. */
	void (*end)(struct ui *ui);
	/* Shows a page until an event that the page itself cannot handle. Writes back fields, focus and scroll. */
	enum ui_event (*show)(struct ui *ui, struct page *p);
	/* Announces the start of step `done` of `total`; does not wait. */
	void (*progress)(struct ui *ui, const char *title, const char *what, size_t done, size_t total);
};

struct ui {
	const struct ui_ops *ops;
	struct arena *arena; /* for displayed texts */
	const char *heading; /* shown above all pages */
	struct style style;  /* of what is shown line by line */
};

/* Line by line, for simple terminals and screen readers. */
extern const struct ui_ops ui_plain;
/* Full screen. */
extern const struct ui_ops ui_newt;

/* The smallest screen for ui_newt: on a smaller one, a list, its consequences and the buttons do not fit. */
#define UI_MIN_COLUMNS 40
#define UI_MIN_ROWS 16

enum ui_fitness { UI_FIT, UI_TOO_SMALL, UI_CANNOT };

/* Can ui_newt draw on this terminal? Changes nothing. */
enum ui_fitness ui_newt_fitness(void);

#endif

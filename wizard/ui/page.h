/* SPDX-License-Identifier: MIT */
/*
 * A page of the wizard as data: texts, fields, and ways to leave it. Screens fill it in; a user interface shows it and
 * writes the answers back. It holds everything needed to redraw, so a page can be rebuilt at any time. Texts are
 * borrowed and live as long as the session.
 */
#ifndef VPSFIT_PAGE_H
#define VPSFIT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bar.h"
#include "core/macros.h"

/* Where a page leads. */
enum step { STEP_NEXT, STEP_BACK, STEP_LEAVE, STEP_GONE, STEP_STAY, STEP_END };

enum block_kind {
	BLOCK_TEXT,  /* label, then text wrapped at blanks and indented */
	BLOCK_FIXED, /* preformatted lines */
	BLOCK_GAUGE, /* label, bar, text, which ends with more, a verdict */
	BLOCK_BAR,   /* the budget as a stacked bar, with its legend */
	BLOCK_ROW,   /* label, text and more side by side */
	BLOCK_GAP    /* an empty line */
};

struct block {
	enum block_kind kind;
	const char *label;
	const char *text;
	const char *more;
	int64_t used, ram, swap; /* MiB, of a gauge */
	enum verdict verdict;	 /* of a gauge */
	const struct bar *bar;
};

#define PAGE_BLOCKS 128
#define PAGE_FIELDS 8
#define PAGE_BUTTONS 3

struct blocks {
	struct block items[PAGE_BLOCKS];
	size_t count;
};

enum field_kind {
	FIELD_LIST, /* one of several, all visible */
	FIELD_STEP, /* one of many on a single line */
	FIELD_TEXT,
	FIELD_HIDDEN /* not shown while typing */
};

struct field {
	enum field_kind kind;
	const char *label;
	const char *const *choices; /* of a list or a step */
	const char *const *shorts;  /* short labels for narrow screens; NULL: none */
	size_t choice_count;
	size_t chosen;
	const char *value;  /* of a text field; never NULL */
	const char *reason; /* why the value is invalid; NULL: valid */
	bool off;	    /* not applicable now, and not asked */
};

struct button {
	const char *label;
	enum step step;
};

struct page {
	const char *title;
	const char *short_title; /* where that is too long; NULL: none */
	const char *step;	 /* "Step 2 of 6", before the title where there is room; NULL: none */
	const char *help;
	struct blocks intro; /* above the fields */
	struct blocks body;  /* below them; scrolls */
	struct field fields[PAGE_FIELDS];
	size_t field_count;
	struct button buttons[PAGE_BUTTONS];
	size_t button_count;
	size_t pressed; /* the button that left the page */
	size_t focus;	/* field index; from field_count on a button */
	size_t scroll;	/* first visible line of the body */
	/* The first button reads on instead, until that many blocks of the body were on the screen. */
	size_t must_see;
	size_t seen; /* lines of the body that were */
	/* A field has a new value: check it and update what follows from it. May be NULL. */
	void (*changed)(struct page *p, size_t field);
	void *context;		  /* for use by changed */
	const struct page *under; /* page below this popup; NULL: not a popup */
};

struct block *blocks_add(struct blocks *b, enum block_kind kind, const char *label, const char *text);
void page_button(struct page *p, const char *label, enum step step);
/* Puts the focus on the button that leads to step. */
void page_focus_button(struct page *p, enum step step);
struct field *page_field(struct page *p, enum field_kind kind, const char *label);
/* The first field with an invalid value, or field_count. */
size_t page_first_wrong(const struct page *p);

#endif

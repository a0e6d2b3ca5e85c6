/* SPDX-License-Identifier: MIT */
/*
 * A page of the wizard as data: what is said, what is asked, and how it can be left. The screens fill it in, a user
 * interface shows it and writes the answers back into it; everything that a redraw needs is in here, so a page can be
 * built anew at any time. Texts are borrowed and live as long as the session.
 */
#ifndef VPSFIT_PAGE_H
#define VPSFIT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/macros.h"

/* Where a page leads. */
enum step { STEP_NEXT, STEP_BACK, STEP_LEAVE, STEP_GONE, STEP_STAY, STEP_END };

enum block_kind {
	BLOCK_TEXT,  /* label, then text broken at blanks, indented */
	BLOCK_FIXED, /* lines as they are */
	BLOCK_GAUGE, /* label, bar, text */
	BLOCK_ROW,   /* label, text and more side by side */
	BLOCK_GAP    /* an empty line */
};

struct block {
	enum block_kind kind;
	const char *label;
	const char *text;
	const char *more;
	int64_t used, ram, swap; /* MiB, of a gauge */
};

#define PAGE_BLOCKS 128
#define PAGE_FIELDS 6
#define PAGE_BUTTONS 3

struct blocks {
	struct block items[PAGE_BLOCKS];
	size_t count;
};

enum field_kind {
	FIELD_LIST, /* one of several, all in sight */
	FIELD_STEP, /* one of many on a single line */
	FIELD_TEXT,
	FIELD_HIDDEN /* not shown while it is typed */
};

struct field {
	enum field_kind kind;
	const char *label;
	const char *const *choices; /* of a list or a step */
	const char *const *shorts;  /* the same where a row has no room for them; NULL: there are none */
	size_t choice_count;
	size_t chosen;
	const char *value;  /* of a text; never NULL */
	const char *reason; /* what is wrong with it; NULL: it is well */
	bool off;	    /* does not count now, and is not asked */
};

struct button {
	const char *label;
	enum step step;
};

struct page {
	const char *title;
	const char *help;
	struct blocks intro; /* above the fields */
	struct blocks body;  /* below them; scrolls */
	struct field fields[PAGE_FIELDS];
	size_t field_count;
	struct button buttons[PAGE_BUTTONS];
	size_t button_count;
	size_t pressed; /* the button by which the page was left */
	size_t focus;	/* a field; from field_count on a button */
	size_t scroll;	/* first line of the body in sight */
	/* A field has another value: check it, and say anew what follows from it. May be NULL. */
	void (*changed)(struct page *p, size_t field);
	void *context;		  /* for changed */
	const struct page *under; /* the page that this one pops up over; NULL: a page of its own */
};

struct block *blocks_add(struct blocks *b, enum block_kind kind, const char *label, const char *text);
void page_button(struct page *p, const char *label, enum step step);
/* Focus on the button that leads to step. */
void page_focus_button(struct page *p, enum step step);
struct field *page_field(struct page *p, enum field_kind kind, const char *label);
/* The first field with a reason against it; field_count where all are well. */
size_t page_first_wrong(const struct page *p);

#endif

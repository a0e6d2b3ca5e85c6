/* SPDX-License-Identifier: MIT */
/*
 * All answers, defined once: the command line, the answers file, what is remembered, --help, the man page and the
 * completion derive from this table. To add one: a row here, its member of enum answer_id, and the code that uses it.
 */
#ifndef VPSFIT_ANSWERS_TABLE_H
#define VPSFIT_ANSWERS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/macros.h"

/* Which commands take an answer. */
enum {
	FOR_WIZARD = 1 << 0,
	FOR_DETECT = 1 << 1,
	FOR_PLAN = 1 << 2, /* and status, which plans */
	FOR_APPLY = 1 << 3,
	FOR_ROLLBACK = 1 << 4,
	FOR_RECOVER = 1 << 5,
	FOR_NOTICE = 1 << 6,
	FOR_SIZES = 1 << 7,
	FOR_FORGET = 1 << 8,
	FOR_EXPORT = 1 << 9,
	FOR_WATCH = 1 << 10,
	FOR_CALIBRATE = 1 << 11,
	FOR_REPORT = 1 << 12,
	FOR_ALL = (1 << 13) - 1,
	FOR_FIT = FOR_WIZARD | FOR_PLAN | FOR_APPLY,
	FOR_ANY_SIZE = FOR_FIT | FOR_SIZES,    /* what holds for any machine */
	FOR_NODES = FOR_ANY_SIZE | FOR_EXPORT, /* and for several of them */
};

enum {
	IN_FILE = 1 << 0,	    /* allowed in the answers file */
	REMEMBERED = 1 << 1,	    /* kept from apply to apply; "auto" forgets it */
	IN_PLAN = 1 << 2,	    /* the plan's JSON shows its value and origin */
	ON_THE_LINE = 1 << 3,	    /* part of a rendered command line */
	ALWAYS = 1 << 4,	    /* part of every rendered line that is to run unattended */
	NOTED = 1 << 6,		    /* kept to tell a repeated answer from a new one; it holds for its own run only */
	NOT_WITH_NEW_SIZE = 1 << 5, /* a remembered value is dropped when a profile is asked for anew */
};

struct answer_row {
	const char *name;     /* without the leading "--" */
	char letter;	      /* 0: none */
	const char *argument; /* "NAME", "N"; NULL: a switch */
	unsigned commands;
	unsigned flags;
	const char *help;
	const char *expected; /* describes a valid value, for messages */
	/* Fills in text and number; returns false if the value is invalid. NULL: a switch. */
	bool (*parse)(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
	int64_t least, most;
	const char *usual; /* default that a rendered line can omit; NULL: none */
};

extern const struct answer_row answer_rows[ANSWER_COUNT];

const struct answer_row *answer_find(const char *name);
enum answer_id answer_id(const struct answer_row *row);
bool answer_is_yes_no(const struct answer_row *row);
bool answer_is_choice(const struct answer_row *row);
const char *answer_nearest(const char *name);
const char *answer_set(struct answers *all, struct arena *a, enum answer_id id, const char *value,
		       enum origin origin) must_check;
const char *answers_services_text(const struct answers *all, struct arena *a);

#endif

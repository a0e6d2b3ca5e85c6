/* SPDX-License-Identifier: MIT */
/*
 * What runs beside the parts that vpsfit plans: further services of the stack's files, and containers that are not the
 * stack's. A plain value; the planner fills it in from machine and stack. Sizes are MiB.
 */
#ifndef VPSFIT_BESIDE_H
#define VPSFIT_BESIDE_H

#include "core/stack_service.h"

/* Where an expected use is from, the surest first. */
enum beside_source {
	BESIDE_MEASURED,    /* its containers run now */
	BESIDE_LIMIT,	    /* the limit that its file declares */
	BESIDE_RESERVATION, /* the same */
	BESIDE_MODEL,	    /* it is another one of a part: as the cost model has that */
	BESIDE_USUAL,	    /* templates/catalogue */
	BESIDE_UNKNOWN,
	BESIDE_SOURCE_COUNT
};

struct beside_row {
	const struct stack_service *service;
	int64_t copies;
	int64_t expected_mib; /* all copies; 0 if it is not known */
	int64_t limit_mib;    /* all copies; 0: without a limit */
	enum beside_source source;
	bool least;	  /* expected_mib is the least that it takes: nobody knows how much more */
	const char *from; /* the evidence, for people */
};

struct beside {
	const struct beside_row *rows;
	size_t count;
	int64_t expected_mib;	/* of all rows that are known */
	int64_t peak_mib;	/* at their limits; without one, as expected */
	size_t unknown_count;	/* rows without a figure */
	size_t unlimited_count; /* containers without a limit, the others' too */
	int64_t others_mib;	/* containers that are not the stack's, as far as they are known */
	int64_t others_peak_mib;
	size_t others_count;
	size_t others_unknown;
	const struct beside_row *idle; /* of no copies: what the files have and do not start; in no sum */
	size_t idle_count;
	size_t parts_unknown; /* planned parts of which nobody knows what they need; not among the rows */
};

bool beside_is_incomplete(const struct beside *b);
bool beside_row_is_unknown(const struct beside_row *row); /* nobody knows how much it takes, or how much more */
const char *beside_source_name(enum beside_source s);	  /* for programs */
const char *beside_source_text(enum beside_source s);	  /* for people */

#endif

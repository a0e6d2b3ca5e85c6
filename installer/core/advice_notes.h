/* SPDX-License-Identifier: MIT */
/* Codes of warnings that do not come from the plan's own rules. */
#ifndef VPSFIT_ADVICE_NOTES_H
#define VPSFIT_ADVICE_NOTES_H

#include <stddef.h>

#include "core/diag.h"

struct advice_note {
	const char *code; /* stable */
	enum severity severity;
	const char *help; /* what it means, for the man page */
};

extern const struct advice_note advice_notes[];
extern const size_t advice_note_count;

#endif

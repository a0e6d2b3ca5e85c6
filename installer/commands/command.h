/* SPDX-License-Identifier: MIT */
/* The list of commands, shared by the command line, --help, the manual and the completion. */
#ifndef VPSFIT_COMMAND_H
#define VPSFIT_COMMAND_H

#include "answers/table.h"
#include "core/strbuf.h"

struct command {
	const char *name; /* "" for the wizard */
	const char *synopsis;
	const char *help;
	unsigned bit; /* FOR_...: selects the answers that it takes */
};

extern const struct command commands[];
extern const size_t command_count;

const struct command *command_find(const char *name);
const char *command_nearest(const char *name);
bool command_takes(const struct command *c, const struct answer_row *option);

/* --help for one command, or for all if c is NULL. */
void help_text(const struct command *c, struct strbuf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Turns the command line into a command and answers. */
#ifndef VPSFIT_PARSE_H
#define VPSFIT_PARSE_H

#include "commands/command.h"
#include "session/session.h"

struct parsed {
	const struct command *command;
	bool help;
	bool version;
	bool unattended; /* an apply that asks nothing: known also where the rest of the line is wrong */
};

int parse_command_line(struct session *s, int argc, char **argv, struct parsed *ret) must_check;

#endif

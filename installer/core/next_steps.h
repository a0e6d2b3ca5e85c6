/* SPDX-License-Identifier: MIT */
/* What a person does after an apply, from an installed engine to the first chat. A plain value: session/ finds it. */
#ifndef VPSFIT_NEXT_STEPS_H
#define VPSFIT_NEXT_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_NEXT_STEPS 16

struct next_step {
	const char *code;    /* stable, for programs: "install-engine", "start", ... */
	const char *text;    /* what to do and why, one or two sentences; the label of a daily one */
	const char *command; /* fit for pasting; NULL: none */
	bool daily;	     /* no step to take, but a command to know */
};

struct next_steps {
	struct next_step items[MAX_NEXT_STEPS];
	size_t count;
};

#endif

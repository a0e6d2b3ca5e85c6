/*
 * Every option, once: the command line, the answers file, --help, the man page and the completion are derived from this
 * table.
 */
#ifndef VPSFIT_OPTIONS_H
#define VPSFIT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/session.h"


struct option_def {
	const char *name;     /* without "--" */
	char letter;	      /* 0: none */
	const char *argument; /* "NAME", "N"; NULL: it takes none */
	bool in_answers;      /* may stand in the answers file */
	const char *help;
	/* Stores the value; NULL where it is well, else what is expected instead. */
	const char *(*set)(struct session *s, const char *value);
};

extern const struct option_def option_defs[];
extern const size_t option_def_count;

/* An answer without a flag (secret_answers.c). */
struct secret_answer {
	const char *name;     /* in the answers file */
	const char *provider; /* for people */
	const char *variable; /* in .env */
};

extern const struct secret_answer secret_answers[PROVIDER_COUNT];

enum provider secret_answer_find(const char *name);
const char *secret_answer_set(struct session *s, enum provider which, const char *value);

const struct option_def *option_find(const char *name);
const char *option_nearest(const char *name);
int answers_load(struct session *s, const char *path) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Answers that only a file or the wizard can give and that nothing displays. */
#ifndef VPSFIT_ANSWERS_SECRETS_H
#define VPSFIT_ANSWERS_SECRETS_H

#include "core/answers.h"

struct secret_answer {
	const char *name;     /* in the answers file */
	const char *provider; /* for people */
	const char *label;    /* of the question */
	bool shown;	      /* no secret */
};

extern const struct secret_answer secret_answers[PROVIDER_COUNT];

enum provider secret_answer_find(const char *name);
const char *secret_answer_set(struct answers *all, enum provider which, const char *value);
/* The address of a database elsewhere: it has a password in it. */
#define DATABASE_URL_ANSWER "database-url"
/* What it says in place of an address where the stack is to have a database of its own. */
#define DATABASE_OWN "none"

const char *secret_database_set(struct answers *all, const char *value);
bool secret_is_answer(const char *name);

#endif

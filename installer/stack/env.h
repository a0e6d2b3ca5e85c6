/* The .env file of a stack: KEY=VALUE lines. Existing secrets are never replaced, only empty ones filled. */
#ifndef VPSFIT_ENV_H
#define VPSFIT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/strbuf.h"

/* Stands in the template where a secret goes; counts as empty. */
#define ENV_PLACEHOLDER "made-by-vpsfit-apply"

struct env_secret {
	const char *key;
	const char *prefix; /* "sk-" where LiteLLM wants one */
	bool in_database;   /* what is in the database cannot be read without it */
};

/* The variables that hold the providers' keys. */
extern const char *const env_provider_keys[PROVIDER_COUNT];

extern const struct env_secret env_secrets[];
extern const size_t env_secret_count;
const struct env_secret *env_secret_find(const char *key);

/* Value of a key, from the last line that sets it, without its quotes and without a comment; NULL: not there. */
char *env_get(struct arena *a, const char *text, const char *key);
/* Is there a value that a program could use? */
bool env_has(struct arena *a, const char *text, const char *key);
/* Copies text to out with the key's value replaced where it stands, or on a new last line. Nothing else changes. */
void env_set(const char *text, const char *key, const char *value, struct strbuf *out);

#endif

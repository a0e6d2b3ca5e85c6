/* SPDX-License-Identifier: MIT */
/* A stack's .env, read as both Composes read it. Existing secrets are never replaced, only empty ones filled. */
#ifndef VPSFIT_ENV_H
#define VPSFIT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/strbuf.h"
#include "compose/env_read.h"

/* Stands for a secret in the template; counts as empty. */
/* The variable that leads to a database elsewhere. */
#define ENV_DATABASE_URL "DATABASE_URL"
/* How a compose file reads it from there, in docker-compose 1 and 2 alike. */
#define ENV_DATABASE_URL_READ "${" ENV_DATABASE_URL ":?write it into .env}"
#define ENV_PLACEHOLDER "made-by-vpsfit-apply"
/* Longer than any real .env; a result above it is given up. */
#define ENV_MAX_TEXT ((size_t)16 << 20)

/* The variables for the providers' API keys, by enum provider. */
extern const char *const env_provider_keys[PROVIDER_COUNT];
bool env_is_provider_key(const char *key);

char *env_get(struct arena *a, const char *text, const char *key);
bool env_has(struct arena *a, const char *text, const char *key);
bool env_set(const char *text, const char *key, const char *value, struct strbuf *out);
const char *env_line(struct arena *a, const char *text, const char *key);

/* A text as both Composes read it, for more than a query or two. The text must outlive it. */
struct env_pair {
	const char *text;
	struct env_reading r[ENV_DIALECTS];
};

struct env_pair env_pair_read(struct arena *a, const char *text);
const char **env_pair_keys(struct arena *a, const struct env_pair *p, size_t *ret_count);
char *env_pair_get(struct arena *a, const struct env_pair *p, const char *key);
bool env_pair_has(struct arena *a, const struct env_pair *p, const char *key);
bool env_pair_from_outside(struct arena *a, const struct env_pair *p, const char *key);
bool env_pair_is_first(struct arena *a, const struct env_pair *now, const struct env_pair *kept, const char *key);
bool env_pair_same(struct arena *a, const struct env_pair *x, const struct env_pair *y, const char *key);
const char *env_pair_line(struct arena *a, const struct env_pair *p, const char *key);
const char *env_pair_append(struct arena *a, const struct env_pair *to, const struct env_pair *from,
			    const char *const *keys, size_t count);

#endif

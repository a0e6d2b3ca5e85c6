/* The .env file of a stack, read as both Composes read it. Existing secrets are never replaced, only empty ones filled. */
#ifndef VPSFIT_ENV_H
#define VPSFIT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/strbuf.h"

/* Stands in the template where a secret goes; counts as empty. */
#define ENV_PLACEHOLDER "made-by-vpsfit-apply"

/* The variables that hold the providers' keys. */
extern const char *const env_provider_keys[PROVIDER_COUNT];

char *env_get(struct arena *a, const char *text, const char *key);
bool env_has(struct arena *a, const char *text, const char *key);
bool env_from_outside(struct arena *a, const char *text, const char *key);
size_t env_keys(struct arena *a, const char *text, const char **keys, size_t max);
bool env_set(const char *text, const char *key, const char *value, struct strbuf *out);
const char *env_line(struct arena *a, const char *text, const char *key);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Answers that only a file or the wizard can give. An argument list can be read by everybody on the machine, so these
 * have no flag, and nothing shows them again.
 */
#include "answers/secrets.h"

#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"

#define MAX_KEY 512

const struct secret_answer secret_answers[PROVIDER_COUNT] = {
	[PROVIDER_OPENAI] = {"openai-api-key", "OpenAI", "OPENAI_API_KEY"},
	[PROVIDER_ANTHROPIC] = {"anthropic-api-key", "Anthropic", "ANTHROPIC_API_KEY"},
};

/* The answer of that name; PROVIDER_COUNT where there is none. */
enum provider secret_answer_find(const char *name)
{
	size_t i = 0;

	while (i < PROVIDER_COUNT && !STR_EQ(secret_answers[i].name, name))
		i++;
	return (enum provider)i;
}

/*
 * Stores a key; "" takes it back. NULL where it is well, else what is expected instead. Compose expands and unquotes
 * what stands in .env: only characters that it leaves alone are taken, and no provider's key has others.
 */
const char *secret_answer_set(struct answers *all, enum provider which, const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=~";
	size_t n = strlen(value);

	if (n > MAX_KEY || strspn(value, allowed) != n)
		return N_("a key of letters, digits and - _ . : / + = ~");
	all->provider_keys[which] = n > 0 ? value : NULL;
	return NULL;
}

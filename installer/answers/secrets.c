/* SPDX-License-Identifier: MIT */
/*
 * Answers that only a file or the wizard can give. Any user can read an argument list, so they have no flag, and
 * nothing displays them.
 */
#include "answers/secrets.h"

#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"

#define MAX_KEY 512
#define MAX_URL 2048

const struct secret_answer secret_answers[] = {
	[PROVIDER_OPENAI] = {"openai-api-key", "OpenAI", N_("Key for OpenAI"), false},
	[PROVIDER_ANTHROPIC] = {"anthropic-api-key", "Anthropic", N_("Key for Anthropic"), false},
	[PROVIDER_OPENROUTER] = {"openrouter-api-key", "OpenRouter", N_("Key for OpenRouter"), false},
	[PROVIDER_GEMINI] = {"gemini-api-key", "Gemini", N_("Key for Gemini"), false},
	[PROVIDER_MISTRAL] = {"mistral-api-key", "Mistral", N_("Key for Mistral"), false},
	[PROVIDER_LOCAL] = {"local-api-base", N_("your own server"), N_("Own server"), true},
	[PROVIDER_LOCAL_MODEL] = {"local-model", N_("your own server"), N_("Its model"), true},
	[PROVIDER_LOCAL_KEY] = {"local-api-key", N_("your own server"), N_("Its key"), false},
};
ALL_NAMED(secret_answers, PROVIDER_COUNT);

/* Returns PROVIDER_COUNT if there is no answer of that name. */
enum provider secret_answer_find(const char *name)
{
	size_t i = 0;

	while (i < PROVIDER_COUNT && !STR_EQ(secret_answers[i].name, name))
		i++;
	return (enum provider)i;
}

static bool is_address(const char *value)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (strncmp(value, schemes[i], n) == 0)
			return value[n] && !strchr("/:", value[n]);
	}
	return false;
}

/*
 * Stores a key; "" removes it. Returns NULL, or what is expected instead. Compose expands and unquotes values in .env,
 * so only characters that it leaves alone are accepted; no provider uses others in its keys.
 */
const char *secret_answer_set(struct answers *all, enum provider which, const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=~";
	size_t n = strlen(value);

	if (which == PROVIDER_LOCAL && n > 0 && !is_address(value))
		return N_("an address such as http://192.0.2.10:11434/v1");
	if (n > MAX_KEY || strspn(value, allowed) != n)
		return secret_answers[which].shown ? N_("letters, digits and - _ . : / + = ~, without spaces")
						   : N_("a key of letters, digits and - _ . : / + = ~");
	all->provider_keys[which] = n > 0 ? value : NULL;
	return NULL;
}

/* Is it an answer that only a file can give? */
bool secret_is_answer(const char *name)
{
	return secret_answer_find(name) != PROVIDER_COUNT || STR_EQ(name, DATABASE_URL_ANSWER);
}

/*
 * Stores the address of a database elsewhere; "" takes it back, and "none" asks for the stack's own. Returns NULL, or
 * what is expected instead.
 */
const char *secret_database_set(struct answers *all, const char *value)
{
	static const char *const schemes[] = {"postgresql://", "postgres://"};
	size_t n = strlen(value);

	if (n == 0 || STR_EQ(value, DATABASE_OWN)) {
		all->database_url = NULL;
		all->database_own = n > 0;
		return NULL;
	}
	for (const char *p = value; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'`$\\#", *p))
			n = MAX_URL + 1;
	for (size_t i = 0; i < ARRAY_SIZE(schemes) && n <= MAX_URL; i++)
		if (strncmp(value, schemes[i], strlen(schemes[i])) == 0 && value[strlen(schemes[i])]) {
			all->database_url = value;
			all->database_own = false;
			return NULL;
		}
	return N_("postgresql://USER:PASSWORD@HOST:PORT/DATABASE, other characters percent-encoded, or none");
}

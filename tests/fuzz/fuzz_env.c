/* SPDX-License-Identifier: MIT */
/*
 * Fills missing secrets into a foreign .env. Every other key must read as before, the new ones must read back,
 * repeating it must change no byte, and a copied line must read by itself as it did in the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compose/env.h"
#include "compose/env_read.h"
#include "services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MADE "0123456789abcdef"

static void must(bool is)
{
	if (!is)
		abort();
}

static char *fill(struct arena *a, char *text, const char *key)
{
	struct strbuf out = STRBUF_INIT;
	bool done = env_set(text, key, MADE, &out);

	must(done || STR_EQ(strbuf_text(&out), text));
	if (done) {
		must(STR_EQ(env_get(a, strbuf_text(&out), key), MADE) && env_has(a, strbuf_text(&out), key));
		text = arena_strdup(a, strbuf_text(&out));
	}
	strbuf_clear(&out);
	return text;
}

static bool is_secret(const char *key)
{
	return service_secret_find(shipped_services(), key) != NULL;
}

/*
 * Compares all keys except the missing ones, in both dialects; values that refer to a missing key may change with it.
 */
static void same_otherwise(struct arena *a, const char *before, const char *after)
{
	for (int d = 0; d < ENV_DIALECTS; d++) {
		const struct env_reading x = env_read(a, before, (enum env_dialect)d),
					 y = env_read(a, after, (enum env_dialect)d);

		must(x.refused || !y.refused);
		for (const struct env_item *i = x.first; i; i = i->next) {
			const struct env_item *old = env_reading_find(&x, i->key), *now = env_reading_find(&y, i->key);
			bool open;

			if (i->alone || old->alone || (is_secret(i->key) && !env_has(a, before, i->key)))
				continue;
			must(now != NULL);
			if (!memchr(before + old->value, '$', old->end - old->value))
				must(STR_EQ(env_reading_value(a, &x, old, &open),
					    env_reading_value(a, &y, now, &open)));
		}
	}
}

static void copies(struct arena *a, const char *text)
{
	const struct env_pair pair = env_pair_read(a, text);
	size_t n;
	const char **keys = env_pair_keys(a, &pair, &n);

	for (size_t i = 0; i < n; i++) {
		const char *line = env_line(a, text, keys[i]);

		must(!line || env_has(a, text, keys[i]));
		if (line && !strchr(text, '$'))
			must(STR_EQ(env_get(a, line, keys[i]), env_get(a, text, keys[i])));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	char *before = arena_strndup(&a, (const char *)data, size), *after = before, *again;
	const struct service_secret *one;

	/* Long inputs only cost time. */
	if (size > 4096) {
		arena_clear(&a);
		return 0;
	}
	copies(&a, before);
	for (size_t i = 0; (one = service_secret(shipped_services(), i, NULL)); i++)
		if (!env_has(&a, after, one->key))
			after = fill(&a, after, one->key);
	same_otherwise(&a, before, after);
	again = after;
	for (size_t i = 0; (one = service_secret(shipped_services(), i, NULL)); i++)
		if (env_has(&a, after, one->key) && !strchr(after, '$') && STR_EQ(env_get(&a, after, one->key), MADE))
			again = fill(&a, again, one->key);
	same_otherwise(&a, after, again);
	arena_clear(&a);
	return 0;
}

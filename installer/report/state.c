/* SPDX-License-Identifier: MIT */
/* The state: its keys are known, and values are kept that look like sizes, names, images, paths or addresses. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/discreet.h"
#include "report/bundle.h"

static const char *const keys[] = {
	"schema",     "dir",	    "time",    "profile", "cost_model", "workers",	  "nominal_mib", "cpus",
	"usable_mib", "system_mib", "answers", "values",  "files",	"other_swap_mib", "swap",	 "one_file"};

static const char *hash_as_now(const struct bundle *b, const char *text)
{
	for (size_t i = 0; i < b->hash_count; i++)
		if (STR_EQ(text, b->hashes[i].was))
			return b->hashes[i].is;
	return text;
}

static const char *kept_text(struct bundle *b, const char *text)
{
	static const enum discreet_shape shapes[] = {SHAPE_NUMBER, SHAPE_IMAGE, SHAPE_NAME,
						     SHAPE_PATH,   SHAPE_PORTS, SHAPE_HOST};

	/* A time has colons, an image's digest is long; a bracketed word is vpsfit's own. */
	if (strlen(text) <= 20 && strspn(text, "0123456789-:TZ.") == strlen(text))
		return text;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (discreet_is_harmless(b->a, shapes[i], text))
			return redact_string(b->keeper->r, hash_as_now(b, text));
	return text[0] ? redact_token(b->keeper->r, REDACT_VALUE, text, strlen(text)) : text;
}

static json_t *kept(struct bundle *b, const char *key, const json_t *from)
{
	const char *name;
	json_t *to, *item;

	if (json_is_string(from)) {
		name = json_string_value(from);
		return json_string(STR_EQ(key, "schema") || STR_EQ(key, "hash") || STR_EQ(key, "shipped")
					   ? hash_as_now(b, name)
				   : STR_EQ(key, "dir") || STR_EQ(key, "path") ? redact_string(b->keeper->r, name)
									       : kept_text(b, name));
	}
	if (json_is_array(from)) {
		to = json_array();
		for (size_t i = 0; i < json_array_size(from); i++)
			json_array_append_new(to, kept(b, key, json_array_get(from, i)));
		return to;
	}
	if (!json_is_object(from))
		return json_deep_copy(from);
	to = json_object();
	json_object_foreach((json_t *)from, name, item)
		json_object_set_new(to, redact_string(b->keeper->r, name), kept(b, name, item));
	return to;
}

const char *bundle_state(struct bundle *b, const char *text, size_t len)
{
	json_t *from = json_loadb(text, len, 0, NULL), *to = json_object();
	const char *done;
	char *shown;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *item = json_object_get(from, keys[i]);

		if (item)
			json_object_set_new(to, keys[i], kept(b, keys[i], item));
	}
	b->keeper->r->times[REDACT_VALUE] += json_object_size(from) - json_object_size(to);
	shown = json_dumps(to, JSON_INDENT(2));
	done = arena_printf(b->a, "%s\n", shown ? shown : "{}");
	free(shown);
	json_decref(from);
	json_decref(to);
	return done;
}

/* SPDX-License-Identifier: MIT */
/* What a rollback leaves in place was written by the apply that it takes back: the state goes on knowing that. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "state/state.h"

static bool take_values(json_t *to, const json_t *from, const char *name)
{
	const char *key;
	json_t *value;
	void *next;
	bool well = true;

	json_object_foreach_safe(to, next, key, value) if (state_key_is_of(key, name)) json_object_del(to, key);
	json_object_foreach((json_t *)from, key, value) if (state_key_is_of(key, name)) well &=
		json_object_set(to, key, value) == 0;
	return well;
}

static bool is_file(const json_t *file, const char *path)
{
	const char *is = json_string_value(json_object_get(file, "path"));

	return is && STR_EQ(is, path);
}

static bool take_file(json_t *to, const json_t *from, const char *path)
{
	const json_t *file;
	bool well = true;
	size_t i;

	for (i = json_array_size(to); i-- > 0;)
		if (is_file(json_array_get(to, i), path))
			json_array_remove(to, i);
	json_array_foreach((json_t *)from, i, file) if (is_file(file, path)) well &=
		json_array_append(to, (json_t *)file) == 0;
	return well;
}

/*
 * The text of the state `then`, with what `undone` says of the files that are left. NULL: one is no state, or
 * there is nothing to take over.
 */
char *state_with_left(struct arena *a, const char *then, const char *undone, const struct state_left *left,
		      size_t count)
{
	json_t *to = json_loads(then, JSON_REJECT_DUPLICATES, NULL),
	       *from = json_loads(undone, JSON_REJECT_DUPLICATES, NULL), *values = json_object_get(to, "values"),
	       *files = json_object_get(to, "files");
	bool well = count > 0 && json_is_object(values) && json_is_array(files) && json_is_object(from);
	char *dumped, *ret = NULL;

	for (size_t i = 0; well && i < count; i++)
		well = take_values(values, json_object_get(from, "values"), left[i].name) &&
		       take_file(files, json_object_get(from, "files"), left[i].path);
	dumped = well ? json_dumps(to, JSON_INDENT(2)) : NULL;
	if (dumped)
		ret = arena_printf(a, "%s\n", dumped);
	free(dumped);
	json_decref(to);
	json_decref(from);
	return ret;
}

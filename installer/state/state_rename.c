/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/text.h"
#include "state/state.h"

/* Is the value's key one of the file with that name? It begins with it. */
bool state_key_is_of(const char *key, const char *file)
{
	const size_t n = strlen(file);

	return strncmp(key, file, n) == 0 && (key[n] == ':' || key[n] == '\0');
}

/* Somebody gave the adopted file another name in its directory. On disk the state stays as it is. */
void state_rename(struct arena *a, struct state *s, const char *from, const char *to)
{
	const char *name = strrchr(from, '/') + 1, *new = strrchr(to, '/') + 1;
	const size_t n = strlen(name);

	s->dir = STR_EQ(s->dir, from) ? to : s->dir;
	for (size_t i = 0; i < s->file_count; i++)
		if (STR_EQ(s->files[i].path, from))
			s->files[i].path = to;
	for (size_t i = 0; i < s->count; i++) {
		const char *key = s->values[i].key;

		if (state_key_is_of(key, name))
			s->values[i].key = arena_printf(a, "%s%s", new, key + n);
	}
}

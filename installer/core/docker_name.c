/* SPDX-License-Identifier: MIT */
#include "core/docker_name.h"

#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool docker_name_set(struct docker_name *ret, const char *text)
{
	size_t len = strnlen(text, DOCKER_NAME_MAX + 1);

	*ret = (struct docker_name){""};
	if (len == 0 || len > DOCKER_NAME_MAX || !strchr(ALNUM, text[0]) || strspn(text, ALNUM "_.-") != len)
		return false;
	memcpy(ret->text, text, len);
	return true;
}

char *docker_project_name(struct arena *a, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	char *clean = arena_strdup(a, name), *to = clean;

	for (const char *p = name; *p; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;

		if (strchr(allowed, c) && (to > clean || (c != '_' && c != '-')))
			*to++ = c;
	}
	*to = '\0';
	return clean;
}

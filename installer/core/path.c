/* SPDX-License-Identifier: MIT */
#include "core/path.h"

#include <string.h>

const char *path_tidy(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2), *end = out;

	for (size_t n; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 2 && strncmp(path, "..", 2) == 0) {
			while (end > out && *--end != '/')
				;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			*end++ = '/';
			memcpy(end, path, n);
			end += n;
		}
	}
	*end = '\0';
	return out[0] ? out : "/";
}

const char *path_parent(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? arena_strndup(a, path, (size_t)(slash - path)) : "";
}

/* SPDX-License-Identifier: MIT */
#include "core/cgroup_line.h"

#include <string.h>

bool is_container_id(const char *name)
{
	return strnlen(name, CONTAINER_ID + 1) == CONTAINER_ID && strspn(name, "0123456789abcdef") == CONTAINER_ID;
}

bool cgroup_lists(const char *list, size_t n, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at < list + n;) {
		const char *comma = memchr(at, ',', (size_t)(list + n - at));
		size_t word = (size_t)((comma ? comma : list + n) - at);

		if (word == len && strncmp(at, name, len) == 0)
			return true;
		at += word + 1;
	}
	return false;
}

const char *cgroup_memory_path(const char *text, int version, size_t *ret_len)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");
		const char *names = memchr(line, ':', n);
		const char *path = names ? memchr(names + 1, ':', n - (size_t)(names + 1 - line)) : NULL;

		if (path && (version == 2 ? path == names + 1 && line[0] == '0'
					  : cgroup_lists(names + 1, (size_t)(path - names - 1), "memory"))) {
			*ret_len = n - (size_t)(path + 1 - line);
			return path + 1;
		}
		line += n;
	}
	return NULL;
}

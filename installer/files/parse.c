/* SPDX-License-Identifier: MIT */
#include "files/parse.h"

#include <string.h>

#include "core/units.h"

bool probe_field(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);
	const char *end;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0)
			return parse_uint_prefix(line + n, INT64_MAX, ret, &end);
	}
	return false;
}

/* More than any kernel supports (NR_CPUS): the list must be wrong. */
#define MAX_CORES 8192

int64_t probe_count_list(const char *list)
{
	int64_t count = 0;

	while (*list) {
		uint64_t from, to;
		const char *end;

		if (!parse_uint_prefix(list, MAX_CORES, &from, &end))
			return 0;
		to = from;
		if (*end == '-' && !parse_uint_prefix(end + 1, MAX_CORES, &to, &end))
			return 0;
		if (to < from || (*end != ',' && *end != '\0'))
			return 0;
		count += (int64_t)(to - from) + 1;
		list = end + (*end == ',');
	}
	return count > MAX_CORES ? 0 : count;
}

static bool octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

char *probe_unescape(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && n - i > 3 && octal(s + i + 1)) {
			*to++ = (char)((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
			i += 3;
		} else {
			*to++ = s[i];
		}
	}
	return out;
}

size_t probe_columns(const char *line, const char *at[], size_t len[], size_t most)
{
	size_t n = 0;

	for (; n < most; n++) {
		line += strspn(line, " \t");
		at[n] = line;
		len[n] = strcspn(line, " \t\n");
		if (len[n] == 0)
			break;
		line += len[n];
	}
	return n;
}

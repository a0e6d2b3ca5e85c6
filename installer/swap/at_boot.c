/* SPDX-License-Identifier: MIT */
#include "swap/at_boot.h"

#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "swap/unit.h"

#define MAX_DIRS 4096 /* names in one directory of units that are looked at */

const char *const swap_unit_dirs[SWAP_UNIT_DIRS] = {SWAP_UNIT_DIR,
						    "/run/systemd/system",
						    "/run/systemd/generator",
						    "/usr/local/lib/systemd/system",
						    "/usr/lib/systemd/system",
						    "/lib/systemd/system",
						    "/run/systemd/generator.late"};

/* Does a target or another unit have this one started, by a link in a directory like swap.target.wants? */
static bool is_wanted(const struct sysroot *r, struct arena *a, const char *name)
{
	for (size_t i = 0; i < SWAP_UNIT_DIRS; i++) {
		char **names;
		long n = sysroot_list(r, a, swap_unit_dirs[i], &names);

		for (long k = 0; k < n && k < MAX_DIRS; k++) {
			const char *link;

			if (!text_ends(names[k], ".wants") && !text_ends(names[k], ".requires"))
				continue;
			link = arena_printf(a, "%s/%s/%s", swap_unit_dirs[i], names[k], name);
			if (sysroot_readlink(r, a, link) || sysroot_exists(r, link))
				return true;
		}
	}
	return false;
}

bool swap_unit_is_masked(const struct sysroot *r, struct arena *a, const char *name)
{
	const char *path = arena_printf(a, SWAP_UNIT_DIR "/%s", name), *to = sysroot_readlink(r, a, path);
	struct stat st;

	if (to)
		return STR_EQ(to, "/dev/null");
	return sysroot_stat(r, path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

const char *swap_unit_value(struct arena *a, const char *text, const char *key)
{
	const size_t n = strlen(key);
	const char *found = NULL;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " \t"), *end = line + strcspn(line, "\r\n");

		if (strncmp(at, key, n) != 0)
			continue;
		at += n + strspn(at + n, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t");
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		found = end > at ? arena_strndup(a, at, (size_t)(end - at)) : NULL;
	}
	return found;
}

/* A service is as good as its timer (systemd.timer(5): of the same name). */
static bool is_started(const struct sysroot *r, struct arena *a, const char *name)
{
	const int stem = (int)strlen(name) - (int)strlen(".service");

	return is_wanted(r, a, name) ||
	       (text_ends(name, ".service") && is_wanted(r, a, arena_printf(a, "%.*s.timer", stem, name)));
}

const char *swap_unit_mend(const struct sysroot *r, struct arena *a, const char *name, const char *text)
{
	if (swap_unit_is_masked(r, a, name))
		return arena_printf(a, "systemctl unmask %s", name);
	if (is_started(r, a, name))
		return NULL;
	return swap_unit_value(a, text, "WantedBy") || swap_unit_value(a, text, "RequiredBy")
		       ? arena_printf(a, "systemctl enable %s", name)
		       : arena_printf(a, "systemctl add-wants swap.target %s", name);
}

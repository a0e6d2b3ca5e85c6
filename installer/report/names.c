/* SPDX-License-Identifier: MIT */
/* Whose names a report must not tell: users with a home, and the machine. */
#include <string.h>

#include "core/units.h"
#include "report/bundle.h"

#define FIRST_USER 1000 /* login.defs(5), UID_MIN */
#define NOBODY 65534

static void host(const struct sysroot *root, struct redactor *r, const char *path)
{
	const char *name = sysroot_read_line(root, r->a, path);

	if (!name)
		return;
	redact_word(r, REDACT_HOST, name, strlen(name));
	redact_word(r, REDACT_HOST, name, strcspn(name, "."));
}

/* "name:x:uid:gid:..." */
static void user(struct redactor *r, const char *line, size_t len)
{
	const char *text = arena_strndup(r->a, line, len), *field = text;
	size_t name = strcspn(text, ":");
	uint64_t uid;

	for (int i = 0; i < 2 && field; i++) {
		field = strchr(field, ':');
		field = field ? field + 1 : NULL;
	}
	if (field && parse_uint(arena_strndup(r->a, field, strcspn(field, ":")), UINT32_MAX, &uid) &&
	    ((uid >= FIRST_USER && uid != NOBODY) || strstr(field, ":/home/")))
		redact_word(r, REDACT_USER, text, name);
}

void bundle_find_names(const struct sysroot *root, struct redactor *r)
{
	char *text, **names;
	size_t len;
	long n;

	host(root, r, "/etc/hostname");
	host(root, r, "/proc/sys/kernel/hostname");
	if (sysroot_read(root, r->a, "/etc/passwd", 0, &text, &len) == 0)
		for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
			user(r, line, strcspn(line, "\n"));
	n = sysroot_list(root, r->a, "/home", &names);
	for (long i = 0; i < n; i++)
		redact_word(r, REDACT_USER, names[i], strlen(names[i]));
}

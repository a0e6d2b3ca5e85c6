/* SPDX-License-Identifier: MIT */
/*
 * A static glibc that runs on a system with another C library must take nothing from that system that is made for the
 * system's own: no locales, whose format changes between versions, no character sets, and no modules of name services,
 * which would be loaded.
 */
#include "session/static_libc.h"

#ifdef VPSFIT_STATIC
#include <locale.h>
#include <nss.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/macros.h"

/* As setlocale(3) chooses: the first of these that is set and not empty. */
static const char *locale_asked_for(const char *category)
{
	const char *const names[] = {"LC_ALL", category, "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return value;
	}
	return "C";
}

static bool is_utf8(const char *locale)
{
	const char *set = strchr(locale, '.');

	return set && (strncasecmp(set + 1, "utf-8", 5) == 0 || strncasecmp(set + 1, "utf8", 4) == 0);
}

/*
 * The archive has C.UTF-8, of this glibc's own format; gettext takes the language from LANGUAGE in it. LOCPATH is for
 * this program alone, not for those that it starts.
 */
static void use_utf8(const char *messages, const char *dir)
{
	const char *path = getenv("LOCPATH");
	char *was = path ? strdup(path) : NULL;

	setenv("LOCPATH", dir, 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!STR_EQ(messages, "C") && !STR_EQ(messages, "POSIX"))
		setlocale(LC_MESSAGES, "C.UTF-8");
	if (was)
		setenv("LOCPATH", was, 1);
	else
		unsetenv("LOCPATH");
	free(was);
	if (strncmp(messages, "C.", 2) != 0)
		setenv("LANGUAGE", messages, 0);
}

/* Sets language and characters, with the locale in dir; users and hosts come from files and DNS. */
void static_libc_set_up(const char *dir)
{
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
	__nss_configure_lookup("hosts", "files dns");
	if (is_utf8(locale_asked_for("LC_CTYPE")))
		use_utf8(locale_asked_for("LC_MESSAGES"), dir);
}
#endif

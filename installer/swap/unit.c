/* SPDX-License-Identifier: MIT */
#include "swap/unit.h"

#include <string.h>

#include "core/macros.h"
#include "core/strbuf.h"

const char *swap_name(struct arena *a, const char *preferred, int i)
{
	static const char *const suffixes[SWAP_NAMES] = {"", ".vpsfit", ".vpsfit-2"};

	return arena_printf(a, "%s%s", preferred, suffixes[i]);
}

const char *swap_hidden_name(struct arena *a, const char *name)
{
	return arena_printf(a, ".%s.vpsfit-new", name);
}

/* systemd.unit(5), "String escaping for inclusion in unit names". */
static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' ||
	       c == '.';
}

const char *swap_unit_name(struct arena *a, const char *path)
{
	struct strbuf out = STRBUF_INIT;
	const char *name;

	path += strspn(path, "/");
	for (const char *p = path; *p; p++) {
		if (*p == '/') {
			p += strspn(p, "/") - 1;
			if (p[1])
				strbuf_putc(&out, '-');
		} else if (plain(*p) && !(*p == '.' && p == path)) {
			strbuf_putc(&out, *p);
		} else {
			strbuf_printf(&out, "\\x%02x", (unsigned)(unsigned char)*p);
		}
	}
	name = arena_printf(a, "%s.swap", out.len ? strbuf_text(&out) : "-");
	strbuf_clear(&out);
	return name;
}

const char *swap_unit_path(struct arena *a, const char *path)
{
	return arena_printf(a, SWAP_UNIT_DIR "/%s", swap_unit_name(a, path));
}

const char *swap_unit_wants(struct arena *a, const char *path)
{
	return arena_printf(a, SWAP_WANTS_DIR "/%s", swap_unit_name(a, path));
}

const char *swap_unit_what(struct arena *a, const char *path, const char *uuid)
{
	return uuid ? arena_printf(a, "/dev/disk/by-uuid/%s", uuid) : path;
}

const char *swap_fstab_source(struct arena *a, const char *path, const char *uuid)
{
	return uuid ? arena_printf(a, "UUID=%s", uuid) : path;
}

bool swap_is_unit(const char *path)
{
	size_t n = strlen(path);
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) : 0;

	if (STR_EQ(path, SWAP_RUNLEVEL))
		return true;
	return n > 5 && STR_EQ(path + n - 5, ".swap") &&
	       ((dir == strlen(SWAP_UNIT_DIR) && strncmp(path, SWAP_UNIT_DIR, dir) == 0) ||
		(dir == strlen(SWAP_WANTS_DIR) && strncmp(path, SWAP_WANTS_DIR, dir) == 0));
}

/* Doubles '%', which starts a specifier in a unit file. --swap-file accepts no other special character. */
static void add_value(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '%')
			strbuf_putc(out, *s);
		strbuf_putc(out, *s);
	}
}

const char *swap_unit_text(struct arena *a, const char *what)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	strbuf_puts(&out, SWAP_UNIT_MARK " swap for the gateway; 'vpsfit apply --swap none' takes it away again\n"
					 "[Unit]\nDescription=Swap for the gateway (vpsfit)\n\n[Swap]\nWhat=");
	add_value(&out, what);
	strbuf_puts(&out, "\n\n[Install]\nWantedBy=swap.target\n");
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

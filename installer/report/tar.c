/* SPDX-License-Identifier: MIT */
#include "report/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 512
#define RECORD (20 * BLOCK)

/* pax(1), "ustar Interchange Format" */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6],
		version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static void octal(char *field, size_t size, uint64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void fill_up(struct strbuf *out, size_t to)
{
	strbuf_fill(out, '\0', (to - out->len % to) % to);
}

static void put(struct strbuf *out, char type, const char *name, const char *link, const char *text, size_t len,
		mode_t mode, int64_t time)
{
	struct header h;
	unsigned sum = 0;

	memset(&h, 0, sizeof(h));
	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	octal(h.mode, sizeof(h.mode), mode);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), len);
	octal(h.mtime, sizeof(h.mtime), time > 0 ? (uint64_t)time : 0);
	h.type = type;
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	memcpy(h.user, "root", 4);
	memcpy(h.group, "root", 4);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	octal(h.checksum, 7, sum);
	strbuf_add(out, (const char *)&h, sizeof(h));
	strbuf_add(out, text, len);
	fill_up(out, BLOCK);
}

/* "LENGTH key=value\n", where LENGTH counts itself. */
static void pax_line(struct strbuf *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", len) + rest != len)
		len = rest + (size_t)snprintf(NULL, 0, "%zu", len);
	strbuf_printf(out, "%zu %s=%s\n", len, key, value);
}

void tar_add(struct strbuf *out, const struct tar_entry *e, int64_t time)
{
	const bool is_link = e->type == TAR_LINK;
	const char *link = is_link ? e->text : "";
	struct strbuf longer = STRBUF_INIT;

	if (strlen(e->name) > sizeof(((struct header *)0)->name))
		pax_line(&longer, "path", e->name);
	if (strlen(link) > sizeof(((struct header *)0)->link))
		pax_line(&longer, "linkpath", link);
	if (longer.len > 0)
		put(out, 'x', "longer", "", strbuf_text(&longer), longer.len, 0600, time);
	strbuf_clear(&longer);
	put(out, (char)e->type, e->name, link, e->type == TAR_FILE ? e->text : "", e->type == TAR_FILE ? e->len : 0,
	    e->mode, time);
}

void tar_end(struct strbuf *out)
{
	strbuf_fill(out, '\0', 2 * BLOCK);
	fill_up(out, RECORD);
}

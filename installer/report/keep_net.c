/* SPDX-License-Identifier: MIT */
/*
 * The kernel's tables have addresses as hexadecimal numbers: of version 4 in the machine's byte order (little-endian
 * everywhere that vpsfit runs), of version 6 as they are, or in four words.
 */
#include <arpa/inet.h>
#include <string.h>

#include "core/units.h"
#include "report/keep.h"

#define FOUR 8
#define SIX 32

/* The token of an address of version 4, in the same form. */
static void four(struct keeper *k, const char *text, struct strbuf *out)
{
	char dotted[INET_ADDRSTRLEN];
	struct strbuf shown = STRBUF_INIT;
	struct in_addr in;
	uint64_t value = 0;

	if (!parse_hex(arena_strndup(k->a, text, FOUR), UINT32_MAX, &value))
		return;
	in.s_addr = (in_addr_t)value;
	inet_ntop(AF_INET, &in, dotted, sizeof(dotted));
	redact_text(k->r, dotted, strlen(dotted), &shown);
	if (inet_pton(AF_INET, strbuf_text(&shown), &in) == 1)
		strbuf_printf(out, "%08X", (unsigned)in.s_addr);
	strbuf_clear(&shown);
}

/* Of version 6 its kind stays: of this link, of this place, of the world, or version 4 in it. */
static void six(struct keeper *k, const char *text, struct strbuf *out)
{
	static const char none[] = "0000000000000000000000000000000";
	const char *token;

	if (strncmp(text, none, 30) == 0 || strncmp(text, "00000000000000000000000001000000", SIX) == 0) {
		strbuf_add(out, text, SIX);
	} else if (strncasecmp(text, "0000000000000000ffff0000", 24) == 0) {
		strbuf_add(out, text, 24);
		four(k, text + 24, out);
	} else {
		token = redact_token(k->r, REDACT_HEX, text, SIX);
		strbuf_add(out, text, strncasecmp(text, "f", 1) == 0 ? 4 : 1);
		strbuf_puts(out, token + (strncasecmp(text, "f", 1) == 0 ? 4 : 1));
	}
}

/* Lines of who listens are kept; who is connected with whom is nobody's business. */
static bool is_connection(const char *path, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t seen = 0;

	if (!strstr(path, "/tcp") || !colon || !memchr("0123456789", line[strspn(line, " ")], 10))
		return false;
	for (const char *p = line; p < line + len; p++) {
		if (*p == ' ' || (p > line && p[-1] != ' '))
			continue;
		if (++seen == 4)
			return strncmp(p, "0A", 2) != 0;
	}
	return true;
}

/* Counters and inodes have as many digits as addresses: in tables of sockets a port is behind an address. */
static bool is_address(const char *path, const char *line, size_t at, size_t n)
{
	if (n != FOUR && n != SIX)
		return false;
	return !strstr(path, "/tcp") || (at > 0 && line[at - 1] == ' ' && line[at + n] == ':');
}

static void line_of(struct keeper *k, const char *path, const char *line, size_t len, struct strbuf *out)
{
	for (size_t at = 0, n; at < len; at += n) {
		n = strspn(line + at, "0123456789abcdefABCDEF");
		n = n > len - at ? len - at : n;
		if (is_address(path, line, at, n))
			n == FOUR ? four(k, line + at, out) : six(k, line + at, out);
		else if (n > 0)
			strbuf_add(out, line + at, n);
		else
			strbuf_add(out, line + at, n = 1);
	}
}

void keep_net(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	for (size_t at = 0, n; at < len; at += n) {
		const char *end = memchr(text + at, '\n', len - at);

		n = end ? (size_t)(end - text) - at + 1 : len - at;
		if (is_connection(path, text + at, n))
			k->r->times[REDACT_LINE]++;
		else
			line_of(k, path, text + at, n, out);
	}
}

/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* A longer word is nobody's typing error for one of ours. */
#define MAX_WORD 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * Edits (insert, delete, replace, swap of neighbours) between two words, ignoring the case of ASCII letters. If a
 * word exceeds MAX_WORD, the length of the longer one.
 */
size_t text_distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return n > m ? n : m;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			size_t cost = (a[i - 1] | 0x20) != (b[j - 1] | 0x20);

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m];
}

bool text_ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && STR_EQ(text + n - m, end);
}

bool text_is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(word, words[i]))
			return true;
	return false;
}

/*
 * The candidate nearest to word, at most a third of its own length away (at least one edit); NULL: none is that near.
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t best_distance = MAX_WORD;

	for (size_t i = 0; i < n; i++) {
		size_t distance = text_distance(word, candidates[i]);
		size_t allowed = strlen(candidates[i]) / 3;

		if (distance < best_distance && distance <= (allowed ? allowed : 1)) {
			best = candidates[i];
			best_distance = distance;
		}
	}
	return best;
}

/* Decodes one character of UTF-8, of at most `left` bytes. Returns its length; 0: invalid. */
size_t text_decode(const char *bytes, size_t left, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)bytes;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80		   ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c;

	if (n == 0 || n > left)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

bool text_is_utf8(const char *s)
{
	size_t left = strlen(s), n = 0;
	uint32_t c;

	for (; left > 0; s += n, left -= n)
		if ((n = text_decode(s, left, &c)) == 0)
			return false;
	return true;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Length of the leading run of printable ASCII. Looks at eight bytes at a time: nearly all text is nothing else. */
static size_t visible_ascii(const char *bytes, size_t len)
{
	size_t n = 0;

	for (uint64_t w; len - n >= sizeof(w); n += sizeof(w)) {
		memcpy(&w, bytes + n, sizeof(w));
		/* High bit of a byte: the first term sets it below ' ' and from 0xa0, the second from DEL to 0xfe. */
		if (((w - EACH_BYTE(0x20)) | (w + EACH_BYTE(1))) & EACH_BYTE(0x80))
			break;
	}
	while (n < len && bytes[n] >= ' ' && bytes[n] < 0x7f)
		n++;
	return n;
}

/* Length of the leading run of printable ASCII, line feeds and tabs: a fast path for most text. */
size_t text_plain(const char *bytes, size_t len)
{
	size_t n = visible_ascii(bytes, len);

	while (n < len && (bytes[n] == '\n' || bytes[n] == '\t')) {
		n++;
		n += visible_ascii(bytes + n, len - n);
	}
	return n;
}

/*
 * Characters that a reader does not see, or that reorder what is seen: Unicode line ends, direction marks (UAX 9),
 * zero-width and filler characters, interlinear annotation, tags. Names of files and services need none of them.
 */
static bool is_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0xad, 0xad},	{0x61c, 0x61c},	    {0x115f, 0x1160},  {0x17b4, 0x17b5}, {0x180b, 0x180f},
		      {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},  {0x3164, 0x3164}, {0xfeff, 0xfeff},
		      {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* May a terminal show it? Line feed and tab count as no; callers decide about them. */
bool text_is_shown(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !is_invisible(c);
}

/* Appends text with \xHH for each byte of what must not be shown; control characters in `kept` stay. */
static void add_shown(struct strbuf *out, const char *bytes, size_t len, const char *kept)
{
	for (size_t at = 0, n; at < len; at += n) {
		uint32_t c = 0;
		bool shown;

		n = visible_ascii(bytes + at, len - at);
		if (n > 0) {
			strbuf_add(out, bytes + at, n);
			continue;
		}
		n = text_decode(bytes + at, len - at, &c);
		/* The CR of a CRLF stays: it overwrites nothing there, and no diff would apply without it. */
		if (c == '\r' && (at + 1 == len ? STR_EQ(kept, "\t") : kept[0] == '\n' && bytes[at + 1] == '\n'))
			shown = true;
		else if (n == 1 && c < 0x20)
			shown = c != 0 && strchr(kept, (int)c);
		else
			shown = n > 0 && text_is_shown(c);
		n = n ? n : 1;
		if (shown)
			strbuf_add(out, bytes + at, n);
		for (size_t i = 0; !shown && i < n; i++)
			strbuf_printf(out, "\\x%02x", (unsigned char)bytes[at + i]);
	}
}

/*
 * Appends text of several lines as a terminal may have it: invalid UTF-8, control characters (but line feed and tab)
 * and invisible characters become \xHH. The last safeguard before the terminal; text_data has escaped data before.
 */
void text_printable(struct strbuf *out, const char *bytes, size_t len)
{
	add_shown(out, bytes, len, "\n\t");
}

/* Appends one line of a file: as text_printable, but escapes line feeds too. */
void text_source(struct strbuf *out, const char *bytes, size_t len)
{
	add_shown(out, bytes, len, "\t");
}

/* Appends data (a name, a path, a value) so that it stays on its line and cannot control a terminal. Idempotent. */
void text_data(struct strbuf *out, const char *bytes, size_t len)
{
	add_shown(out, bytes, len, "");
}

/* The same as a text allocated from a. */
const char *text_data_of(struct arena *a, const char *s)
{
	struct strbuf out = STRBUF_INIT;
	const char *shown;

	text_data(&out, s, strlen(s));
	shown = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return shown;
}

/* Would text_data leave it unchanged? */
bool text_is_plain(const char *s)
{
	struct strbuf out = STRBUF_INIT;
	bool plain;

	text_data(&out, s, strlen(s));
	plain = STR_EQ(strbuf_text(&out), s);
	strbuf_clear(&out);
	return plain;
}

/* "2026-11-26T17:19:11Z" as people read it, "2026-11-26 17:19:11 UTC"; anything else as it is. */
const char *text_time(const char *stamp, char out[TEXT_TIME])
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < sizeof(shape); i++) {
		bool digit = stamp[i] >= '0' && stamp[i] <= '9';

		if (shape[i] == '0' ? !digit : stamp[i] != shape[i])
			return stamp;
	}
	(void)snprintf(out, TEXT_TIME, "%.10s %.8s UTC", stamp, stamp + 11);
	return out;
}

/* SPDX-License-Identifier: MIT */
#include "compose/env_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/strbuf.h"
#include "core/text.h"

#define BOM "\xef\xbb\xbf"
#define EXPORT "export"

struct scan {
	struct arena *a;
	struct env_reading *r;
	struct env_item **tail;
	const char *text;
	size_t at;
	size_t len;
};

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* python-dotenv reads with universal newlines; for compose-go, CR is a blank. */
static bool newline(const struct scan *s, size_t p)
{
	return p < s->len && (s->text[p] == '\n' || (s->text[p] == '\r' && s->r->dialect == ENV_COMPOSE_1));
}

/* Beyond ASCII, what Python's str.isspace() and Go's unicode.IsSpace() accept. */
static bool is_wide_blank(uint32_t c)
{
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Length of any blank at p, line feeds included; 0: none. */
static size_t any_blank(const struct scan *s, size_t p)
{
	const unsigned char c = (unsigned char)s->text[p];
	uint32_t wide;
	size_t n;

	if (p >= s->len)
		return 0;
	if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f && s->r->dialect == ENV_COMPOSE_1))
		return 1;
	n = c >= 0x80 ? text_decode(s->text + p, s->len - p, &wide) : 0;
	return n > 0 && is_wide_blank(wide) ? n : 0;
}

/*
 * Length of a blank within a line at p; 0: none. compose-go skips all blanks before a key and after a value, but in
 * between, of those beyond ASCII, only the two of two bytes: the no-break space and U+0085.
 */
static size_t blank(const struct scan *s, size_t p)
{
	size_t n = newline(s, p) ? 0 : any_blank(s, p);

	return n > 2 && s->r->dialect == ENV_COMPOSE_2 ? 0 : n;
}

static size_t skip_blanks(const struct scan *s, size_t p)
{
	for (size_t n; (n = blank(s, p)) > 0;)
		p += n;
	return p;
}

static size_t skip_space(const struct scan *s, size_t p)
{
	for (size_t n; (n = any_blank(s, p)) > 0;)
		p += n;
	return p;
}

static size_t line_end(const struct scan *s, size_t p)
{
	return p + strcspn(s->text + p, s->r->dialect == ENV_COMPOSE_1 ? "\r\n" : "\n");
}

/* End of [from, to) without trailing blanks. */
static size_t trim(const struct scan *s, size_t from, size_t to)
{
	if (to > from && (unsigned char)s->text[to - 1] > ' ' && (unsigned char)s->text[to - 1] < 0x80)
		return to;
	for (size_t p = from; p < to;) {
		size_t end = skip_space(s, p);

		if (end >= to)
			return p;
		p = end > p ? end : p + 1;
	}
	return to;
}

static void add(struct scan *s, size_t start, size_t key_end, size_t value, size_t end, bool alone)
{
	struct env_item *item = arena_alloc(s->a, sizeof(*item));

	*item = (struct env_item){NULL, arena_strndup(s->a, s->text + start, key_end - start), start, value, end,
				  alone};
	*s->tail = item;
	s->tail = &item->next;
}

/* Skips "export" and blanks. compose-go accepts only these four as the first blank. */
static size_t skip_export(const struct scan *s, size_t p)
{
	size_t n = strlen(EXPORT), end;

	if (s->len - p <= n || memcmp(s->text + p, EXPORT, n) != 0)
		return p;
	if (s->r->dialect == ENV_COMPOSE_2 && !strchr(" \t\f\r", s->text[p + n]))
		return p;
	end = skip_blanks(s, p + n);
	return end > p + n ? end : p;
}

/*
 * The quote that closes the one at p; 0: none. For python-dotenv, a quote after a backslash closes only if no other
 * one in the whole text does; compose-go takes backslashes in pairs.
 */
static size_t closing_quote(const struct scan *s, size_t p)
{
	const char quote = s->text[p];
	size_t last = 0;
	bool escaped = false;

	for (size_t i = p + 1; i < s->len; i++) {
		bool skipped = s->r->dialect == ENV_COMPOSE_1 ? i > p + 1 && s->text[i - 1] == '\\' : escaped;

		if (s->text[i] == quote && !skipped)
			return i;
		if (s->text[i] == quote)
			last = i;
		escaped = !escaped && s->text[i] == '\\';
	}
	return s->r->dialect == ENV_COMPOSE_1 ? last : 0;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* python-dotenv: '#' starts a comment after any blank. */
static size_t end_of_plain_1(const struct scan *s, size_t p)
{
	size_t end = line_end(s, p), q = p;

	while (q < end) {
		size_t stop = skip_blanks(s, q);

		if (stop > q && s->text[stop] == '#' && stop < end)
			return trim(s, p, q);
		q = stop > q ? stop : q + 1;
	}
	return trim(s, p, end);
}

/* compose-go: only " #" starts a comment. */
static size_t end_of_plain_2(const struct scan *s, size_t p)
{
	size_t end = line_end(s, p);
	const char *comment = memmem(s->text + p, end - p, " #", 2);

	return trim(s, p, comment ? (size_t)(comment - s->text) : end);
}

static size_t key_end_1(const struct scan *s, size_t p)
{
	while (p < s->len && s->text[p] != '=' && s->text[p] != '#' && !newline(s, p) && blank(s, p) == 0)
		p++;
	return p;
}

/* Reads an assignment as python-dotenv does, from a byte that is no blank. False: it skips the rest of the line. */
static bool binding_1(struct scan *s)
{
	size_t start = s->at = skip_export(s, s->at), key, value = 0, end;
	bool alone = true;

	if (s->text[start] == '\'') {
		const char *quote = strchr(s->text + start + 1, '\'');

		if (!quote || quote == s->text + start + 1)
			return false;
		start++;
		key = (size_t)(quote - s->text);
		s->at = key + 1;
	} else {
		s->at = key = key_end_1(s, start);
		if (key == start && s->text[start] != '#')
			return false;
	}
	s->at = skip_blanks(s, s->at);
	end = s->at;
	if (s->text[s->at] == '=') {
		alone = false;
		s->at = value = skip_blanks(s, s->at + 1);
		end = is_quote(s->text[value]) ? closing_quote(s, value) : end_of_plain_1(s, value);
		if (is_quote(s->text[value]) && end == 0)
			return false;
		end += is_quote(s->text[value]);
		s->at = is_quote(s->text[value]) ? end : line_end(s, value);
	}
	s->at = skip_blanks(s, s->at);
	if (s->text[s->at] == '#')
		s->at = line_end(s, s->at);
	if (s->at < s->len && !newline(s, s->at))
		return false;
	if (key > start)
		add(s, start, key, value, end, alone);
	return true;
}

static void scan_1(struct scan *s)
{
	while ((s->at = skip_space(s, s->at)) < s->len)
		if (!binding_1(s))
			s->at = line_end(s, s->at);
}

/*
 * Non-letters beyond ASCII that come with copied text. The rest counts as letters: there is no table of Unicode here.
 */
static bool is_mark(uint32_t c)
{
	return is_wide_blank(c) || c == 0x180e || c == 0xfeff || (c > 0x200a && c < 0x2070) ||
	       (c > 0x2fff && c < 0x3005);
}

/* Length of the character at p if compose-go accepts it in a name; else 0. */
static size_t letter(const struct scan *s, size_t p)
{
	const char c = s->text[p];
	uint32_t wide;
	size_t n;

	if ((unsigned char)c < 0x80)
		return word_byte(c) || c == '.' || c == '-' || c == '[' || c == ']' ? 1 : 0;
	n = text_decode(s->text + p, s->len - p, &wide);
	return n > 0 && !is_mark(wide) ? n : 0;
}

/* End of a name for compose-go: '=', ':' or the end of the line. 0: it refuses a character. */
static size_t key_end_2(const struct scan *s, size_t p)
{
	for (size_t n; p < s->len; p += n) {
		if (s->text[p] == '=' || s->text[p] == ':' || s->text[p] == '\n')
			return p;
		n = blank(s, p);
		if (n == 0)
			n = letter(s, p);
		if (n == 0)
			return 0;
	}
	return p;
}

/* Bounds the search for a closing brace, so that no file takes quadratic time. */
#define MAX_BRACES 4096

static bool closes(const char *p, const char *end)
{
	return memchr(p, '}', (size_t)(end - p) < MAX_BRACES ? (size_t)(end - p) : MAX_BRACES) != NULL;
}

/* Does compose-go accept the variables of this value? "${" needs a name and a closing brace. */
static bool template_good(const char *p, const char *end)
{
	for (; p + 1 < end; p++) {
		if (p[0] != '$')
			continue;
		if (p[1] == '{' &&
		    (p + 2 >= end || !word_byte(p[2]) || (p[2] >= '0' && p[2] <= '9') || !closes(p, end)))
			return false;
		p += p[1] == '$';
	}
	return true;
}

static bool binding_2(struct scan *s)
{
	size_t start = skip_export(s, s->at), stop = key_end_2(s, start), key, value, end;

	if (stop == 0)
		return false;
	key = trim(s, start, stop);
	/* compose-go reads a name at the end of the text as a value without a name. */
	if (stop == s->len || key == start || memchr(s->text + start, ' ', key - start))
		return false;
	if (s->text[stop] == '\n') {
		add(s, start, key, key, key, true);
		s->at = stop;
		return true;
	}
	value = skip_blanks(s, stop + 1);
	if (is_quote(s->text[value])) {
		end = closing_quote(s, value);
		if (end == 0)
			return false;
		s->at = ++end;
	} else {
		end = end_of_plain_2(s, value);
		s->at = line_end(s, value);
		/* The CR of the line end is not part of an empty value. */
		for (; end == value && value > stop + 1 && s->text[value - 1] == '\r'; value--)
			end--;
	}
	if (s->text[value] != '\'' && !template_good(s->text + value, s->text + end))
		s->r->refused = true;
	add(s, start, key, value, end, false);
	return true;
}

static void scan_2(struct scan *s)
{
	while ((s->at = skip_space(s, s->at)) < s->len) {
		if (s->text[s->at] == '#') {
			s->at = line_end(s, s->at);
		} else if (!binding_2(s)) {
			s->r->refused = true;
			s->at = line_end(s, s->at);
		}
	}
}

static int by_name(const void *x, const void *y)
{
	const struct env_item *a = *(const struct env_item *const *)x, *b = *(const struct env_item *const *)y;
	int order = strcmp(a->key, b->key);

	return order ? order : a->start < b->start ? -1 : a->start > b->start;
}

/* Sorts for binary search: a file may have very many assignments. */
static void sort_items(struct arena *a, struct env_reading *r)
{
	size_t n = 0;

	for (const struct env_item *i = r->first; i; i = i->next)
		r->count++;
	r->sorted = arena_array(a, r->count, sizeof(struct env_item *));
	for (const struct env_item *i = r->first; i; i = i->next)
		r->sorted[n++] = i;
	if (n > 1)
		qsort(r->sorted, n, sizeof(struct env_item *), by_name);
}

struct env_reading env_read(struct arena *a, const char *text, enum env_dialect dialect)
{
	struct env_reading r = {.text = text, .dialect = dialect};
	struct scan s = {a, &r, &r.first, text, strncmp(text, BOM, 3) == 0 ? 3 : 0, strlen(text)};

	if (dialect == ENV_COMPOSE_1)
		scan_1(&s);
	else
		scan_2(&s);
	sort_items(a, &r);
	return r;
}

const struct env_item *env_reading_before(const struct env_reading *r, const char *key, size_t offset)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(r->sorted[middle]->key, key);

		if (order < 0 || (order == 0 && r->sorted[middle]->start < offset))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && STR_EQ(r->sorted[low - 1]->key, key) ? r->sorted[low - 1] : NULL;
}

const struct env_item *env_reading_find(const struct env_reading *r, const char *key)
{
	return env_reading_before(r, key, SIZE_MAX);
}

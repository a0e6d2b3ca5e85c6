#include "compose/env_read.h"

#include <string.h>

#include "core/macros.h"
#include "core/strbuf.h"

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

/* Length of the blank at p, 0 where none is: ASCII, and the no-break space that comes with text copied from a page. */
static size_t blank(const struct scan *s, size_t p)
{
	const unsigned char c = (unsigned char)s->text[p];

	if (p >= s->len)
		return 0;
	if (c == ' ' || c == '\t' || c == '\v' || c == '\f' || (c == '\r' && s->r->dialect == ENV_COMPOSE_2))
		return 1;
	if (c == 0xc2 && ((unsigned char)s->text[p + 1] == 0xa0 || (unsigned char)s->text[p + 1] == 0x85))
		return 2;
	return c >= 0x1c && c <= 0x1f && s->r->dialect == ENV_COMPOSE_1 ? 1 : 0;
}

/* python-dotenv's text has universal newlines; for compose-go a carriage return is a blank. */
static bool newline(const struct scan *s, size_t p)
{
	return p < s->len && (s->text[p] == '\n' || (s->text[p] == '\r' && s->r->dialect == ENV_COMPOSE_1));
}

static size_t skip_blanks(const struct scan *s, size_t p)
{
	for (size_t n; (n = blank(s, p)) > 0;)
		p += n;
	return p;
}

static size_t skip_space(const struct scan *s, size_t p)
{
	for (size_t n; (n = newline(s, p) ? 1 : blank(s, p)) > 0;)
		p += n;
	return p;
}

static size_t line_end(const struct scan *s, size_t p)
{
	while (p < s->len && !newline(s, p))
		p++;
	return p;
}

/* Takes blanks off the end of what begins at from. */
static size_t trim(const struct scan *s, size_t from, size_t to)
{
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

	*item = (struct env_item){
		NULL, arena_strndup(s->a, s->text + start, key_end - start), start, value, end, alone};
	*s->tail = item;
	s->tail = &item->next;
}

/* "export" and the blanks behind it. */
static size_t skip_export(const struct scan *s, size_t p)
{
	size_t n = strlen(EXPORT), end;

	if (s->len - p < n || memcmp(s->text + p, EXPORT, n) != 0)
		return p;
	end = skip_blanks(s, p + n);
	return end > p + n ? end : p;
}

/*
 * The quote that ends what begins at p; 0: none does. For python-dotenv a quote behind a backslash does not, unless no other follows in the
 * whole text; compose-go counts backslashes in pairs.
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

/* python-dotenv: a comment stands behind a blank of any kind. */
static size_t end_of_plain_1(const struct scan *s, size_t p)
{
	size_t end = line_end(s, p), q = p;

	while (q < end) {
		size_t n = blank(s, q);

		if (n > 0 && s->text[skip_blanks(s, q)] == '#' && skip_blanks(s, q) < end)
			return trim(s, p, q);
		q += n > 0 ? n : 1;
	}
	return trim(s, p, end);
}

/* compose-go: a comment stands behind " #" alone. */
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

/* python-dotenv's one assignment, at a byte that is no blank. False where it skips the rest of the line. */
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

static bool letter(unsigned char c)
{
	return word_byte((char)c) || c == '.' || c == '-' || c == '[' || c == ']' || c >= 0x80;
}

/* Where a name ends for compose-go: at '=', ':' or the line's end. 0: it refuses what is there. */
static size_t key_end_2(const struct scan *s, size_t p)
{
	for (size_t n; p < s->len; p += n) {
		if (s->text[p] == '=' || s->text[p] == ':' || s->text[p] == '\n')
			return p;
		n = blank(s, p);
		if (n == 0 && !letter((unsigned char)s->text[p]))
			return 0;
		n = n > 0 ? n : 1;
	}
	return p;
}

/* A brace that is not closed within this is taken for none: no file keeps a run busy. */
#define MAX_BRACES 4096

static bool closes(const char *p, const char *end)
{
	return memchr(p, '}', (size_t)(end - p) < MAX_BRACES ? (size_t)(end - p) : MAX_BRACES) != NULL;
}

/* Does compose-go take the variables of this value? "${" wants a name and a closing brace. */
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
	/* A name that ends with the text is taken for the value of no name. */
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
		/* The carriage return of the line's end is no part of an empty value. */
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

struct env_reading env_read(struct arena *a, const char *text, enum env_dialect dialect)
{
	struct env_reading r = {text, dialect, NULL, false};
	struct scan s = {a, &r, &r.first, text, strncmp(text, BOM, 3) == 0 ? 3 : 0, strlen(text)};

	if (dialect == ENV_COMPOSE_1)
		scan_1(&s);
	else
		scan_2(&s);
	return r;
}

const struct env_item *env_reading_find(const struct env_reading *r, const char *key)
{
	const struct env_item *found = NULL;

	for (const struct env_item *i = r->first; i; i = i->next)
		if (STR_EQ(i->key, key))
			found = i;
	return found;
}

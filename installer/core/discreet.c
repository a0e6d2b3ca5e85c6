/* SPDX-License-Identifier: MIT */
#include "core/discreet.h"

#include <string.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "core/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#define MAX_NAME 64
#define MAX_WORD 24
#define MAX_VALUE 200
#define MAX_SMALL 6
/* Generated keys look like this: a long run of letters and digits. */
#define TOKEN_LENGTH 16
#define TOKEN_DIGITS 3

static size_t count_of(const char *text, size_t len, const char *set)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += strchr(set, text[i]) != NULL;
	return n;
}

/* Does it look like an API key or a token, not like a name that a person chose? */
bool discreet_is_token(const char *text, size_t len)
{
	static const char *const prefixes[] = {"sk-", "sk_",  "pk-",  "pk_", "ghp_", "gho_",
					       "xox", "AKIA", "AIza", "hf_", "eyJ"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (len > strlen(prefixes[i]) && strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return len >= TOKEN_LENGTH && count_of(text, len, DIGITS) >= TOKEN_DIGITS && count_of(text, len, LOWER) > 0 &&
	       (count_of(text, len, UPPER) > 0 || count_of(text, len, "-_.") == 0);
}

/* For the key of a mapping or a variable: does it look like a name, so that a message may show it? */
bool discreet_is_name(const char *text, size_t len)
{
	static const char allowed[] = LOWER UPPER DIGITS "_-./";

	if (len == 2 && strncmp(text, "<<", 2) == 0)
		return true;
	if (len == 0 || len > MAX_NAME || discreet_is_token(text, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x80 && !strchr(allowed, text[i]))
			return false;
	return true;
}

static bool same_letter(char x, char y)
{
	return x == y || ((x | 0x20) == (y | 0x20) && (x | 0x20) >= 'a' && (x | 0x20) <= 'z');
}

static bool has_word(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= len; at++) {
		size_t i = 0;

		while (i < n && same_letter(key[at + i], word[i]))
			i++;
		if (i == n)
			return true;
	}
	return false;
}

/* Is the value under this key secret whatever it looks like? Matches parts of words: rather one key too many. */
bool discreet_names_secret(const char *key, size_t len)
{
	static const char *const words[] = {"key", "pass", "pw",  "secret", "token", "cred", "auth", "salt",
					    "pin", "url",  "uri", "dsn",    "conn",  "cert", "hash", "user"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(key, len, words[i]))
			return true;
	return false;
}

/* "4", "0.5", "1536M", "30s", "1.5 GiB", "-2000" */
static bool is_number(const char *v)
{
	size_t digits, unit;

	v += *v == '-';
	digits = strspn(v, DIGITS ".");
	if (digits == 0 || digits > 8)
		return false;
	v += digits;
	v += *v == ' ';
	unit = strspn(v, LOWER UPPER "%");
	return unit <= 3 && !v[unit];
}

static bool is_switch(const char *v)
{
	static const char *const words[] = {"true", "false", "yes", "no",   "on",   "off",
					    "null", "none",  "~",   "True", "False"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (STR_EQ(v, words[i]))
			return true;
	return false;
}

static bool made_of(const char *v, const char *set, size_t most)
{
	size_t len = strlen(v);

	return len > 0 && len <= most && strspn(v, set) == len;
}

/* Is no part of a path a token? */
static bool parts_are_names(const char *v)
{
	while (*v) {
		size_t n = strcspn(v, "/:@");

		if (discreet_is_token(v, n))
			return false;
		v += n;
		v += strspn(v, "/:@");
	}
	return true;
}

/* A path may contain a token, so nothing but "/" and "/v1" may follow the host. */
static bool is_host(const char *v)
{
	static const char *const begins[] = {"http://", "https://"};
	const char *path;

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(v, begins[i], strlen(begins[i])) == 0) {
			v += strlen(begins[i]);
			path = v + strcspn(v, "/");
			return path > v && path - v <= MAX_NAME &&
			       strspn(v, LOWER DIGITS ".-:") == (size_t)(path - v) &&
			       !discreet_is_token(v, (size_t)(path - v)) &&
			       (!path[0] || STR_EQ(path, "/") || STR_EQ(path, "/v1"));
		}
	return false;
}

bool discreet_shape_fits(enum discreet_shape shape, const char *value)
{
	switch (shape) {
	case SHAPE_NONE:
		return false;
	case SHAPE_HOST:
		return is_host(value);
	case SHAPE_NUMBER:
		return is_number(value) || is_switch(value);
	case SHAPE_WORD:
		return is_switch(value) || made_of(value, LOWER UPPER "-_", MAX_WORD);
	case SHAPE_NAME:
		return discreet_is_name(value, strlen(value)) && !strchr(value, '/');
	case SHAPE_PATH:
		return strchr(value, '/') && made_of(value, LOWER UPPER DIGITS "_-./:", MAX_VALUE) &&
		       parts_are_names(value);
	case SHAPE_IMAGE:
		if (strstr(value, "@sha256:"))
			return made_of(value, LOWER UPPER DIGITS "_-./:@", MAX_VALUE);
		return made_of(value, LOWER UPPER DIGITS "_-./:", MAX_VALUE) && parts_are_names(value);
	case SHAPE_PORTS:
		return made_of(value, DIGITS "abcdefABCDEF.:/[]-tcpud", MAX_NAME) && strpbrk(value, DIGITS);
	}
	return false;
}

/*
 * Length of "$NAME" or "${NAME...}" at p; 0 if it is neither. A default in it is appended to `rest`. A ":?" message
 * is accepted only if it is the one in vpsfit's own files.
 */
static size_t reference(const char *p, struct strbuf *rest)
{
	static const char ours[] = ":?run vpsfit apply to make it";
	size_t braces = p[1] == '{', name = strspn(p + 1 + braces, LOWER UPPER DIGITS "_");
	const char *behind = p + 1 + braces + name, *end;

	if (name == 0 || discreet_is_token(behind - name, name))
		return 0;
	if (!braces)
		return 1 + name;
	end = strchr(behind, '}');
	if (!end)
		return 0;
	if (behind == end)
		return (size_t)(end - p) + 1;
	if (strncmp(behind, ours, strlen(ours)) != 0 || behind + strlen(ours) != end) {
		behind += *behind == ':';
		if (*behind != '-')
			return 0;
		strbuf_add(rest, behind + 1, (size_t)(end - behind) - 1);
	}
	return (size_t)(end - p) + 1;
}

bool discreet_is_harmless(struct arena *a, enum discreet_shape shape, const char *value)
{
	static const char elsewhere[] = "os.environ/";
	struct strbuf rest = STRBUF_INIT;
	bool harmless = true, variables = false;

	if (strncmp(value, elsewhere, strlen(elsewhere)) == 0)
		return discreet_is_name(value + strlen(elsewhere), strlen(value) - strlen(elsewhere));
	for (const char *p = value; harmless && *p;) {
		size_t n = *p == '$' ? reference(p, &rest) : 1;

		variables |= *p == '$';
		harmless = n > 0;
		if (*p != '$')
			strbuf_putc(&rest, *p);
		p += n;
	}
	if (harmless && (rest.len > 0 || !variables))
		harmless = discreet_shape_fits(shape, arena_strdup(a, strbuf_text(&rest)));
	strbuf_clear(&rest);
	return harmless;
}

/* Start of a line's key, after indentation and list dashes. *mark is the quote around the key, or 0. */
static const char *key_start(const char *line, char *mark)
{
	line += strspn(line, " \t");
	while (line[0] == '-' && (line[1] == ' ' || line[1] == '\t'))
		line += 1 + strspn(line + 1, " \t");
	*mark = *line == '"' || *line == '\'' ? *line : 0;
	return line + (*mark != 0);
}

const char *discreet_line_key(const char *line, size_t *ret_len)
{
	char mark;
	const char *key = key_start(line, &mark);

	*ret_len = mark ? strcspn(key, mark == '"' ? "\"" : "'") : strcspn(key, ": \t#{[");
	return key;
}

/* Length of "  - key: " at the start of the line; 0 if it does not start like that. */
static size_t prefix_of(const char *line)
{
	char mark;
	size_t len;
	const char *key = key_start(line, &mark), *colon;

	discreet_line_key(line, &len);
	colon = key + len + (mark && key[len]);
	if (*colon != ':' || !discreet_is_name(key, len) || (colon[1] && !strchr(" \t", colon[1])))
		return 0;
	colon++;
	return (size_t)(colon - line) + strspn(colon, " \t");
}

static unsigned columns_in(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Show small numbers, unless the key names a secret, and images. */
static bool value_may_be_quoted(const char *line, size_t prefix)
{
	const char *value = line + prefix;
	char mark;
	const char *key = key_start(line, &mark);

	if (strncmp(key, "image: ", strlen("image: ")) == 0)
		return discreet_shape_fits(SHAPE_IMAGE, value);
	return strlen(value) <= MAX_SMALL && discreet_shape_fits(SHAPE_NUMBER, value) &&
	       !discreet_names_secret(line, prefix);
}

const char *discreet_quote(struct arena *a, const char *line, unsigned col)
{
	size_t prefix = prefix_of(line);

	if (strspn(line, " \t-[]{},:") == strlen(line))
		return arena_strdup(a, line);
	if (prefix > 0 && value_may_be_quoted(line, prefix))
		return arena_strdup(a, line);
	if (prefix == 0 || (line[prefix] && col > columns_in(line, prefix) + 1))
		return NULL;
	return arena_printf(a, "%.*s%s", (int)prefix, line, line[prefix] ? _("(hidden)") : "");
}

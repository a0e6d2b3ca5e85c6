/* SPDX-License-Identifier: MIT */
#include "report/redact.h"

#include <stdlib.h>
#include <string.h>

#define MIN_WORD 3

/* As the manifest has them, in English. */
const char *const redact_names[] = {
	[REDACT_SECRET] = "secrets",
	[REDACT_HEX] = "long hexadecimal numbers",
	[REDACT_UUID] = "UUIDs",
	[REDACT_MAC] = "MAC addresses",
	[REDACT_IPV4] = "IPv4 addresses",
	[REDACT_IPV6] = "IPv6 addresses",
	[REDACT_MAIL] = "e-mail addresses",
	[REDACT_USER] = "user names",
	[REDACT_HOST] = "host names",
	[REDACT_VALUE] = "values that nothing says are harmless",
	[REDACT_LINE] = "lines",
	[REDACT_FILE] = "contents of files",
};
ALL_NAMED(redact_names, REDACT_KINDS);

void redact_clear(struct redactor *r)
{
	free(r->tokens);
	r->tokens = NULL;
	r->count = r->room = 0;
}

/* Names that thousands of machines have tell nothing, and stand for programs as well. */
static bool is_well_known(const char *word, size_t len)
{
	static const char *const known[] = {"root",	  "ubuntu",  "debian",	  "admin",   "docker",	 "user",
					    "ec2-user",	  "alpine",  "localhost", "gateway", "vpsfit",	 "host",
					    "ai-gateway", "compose", "default",	  "memory",  "services", "swap",
					    "none",	  "home",    "fedora",	  "rocky",   "opc",	 "almalinux",
					    "azureuser",  "server",  "vps",	  "linux",   "service",	 "proc",
					    "report",	  "machine", "system",	  "image",   "command"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i]) == len && strncmp(known[i], word, len) == 0)
			return true;
	return false;
}

void redact_word(struct redactor *r, enum redact_kind kind, const char *word, size_t len)
{
	if (len < MIN_WORD || is_well_known(word, len) || r->word_count == REDACT_MAX_WORDS)
		return;
	for (size_t i = 0; i < r->word_count; i++)
		if (strlen(r->words[i]) == len && strncmp(r->words[i], word, len) == 0)
			return;
	r->word_kinds[r->word_count] = kind;
	r->words[r->word_count++] = arena_strndup(r->a, word, len);
}

void redact_not_word(struct redactor *r, const char *word, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->word_count; i++) {
		if (strlen(r->words[i]) == len && strncmp(r->words[i], word, len) == 0)
			continue;
		r->word_kinds[kept] = r->word_kinds[i];
		r->words[kept++] = r->words[i];
	}
	r->word_count = kept;
}

static const char *digits(struct arena *a, size_t width, size_t n)
{
	char *text = arena_alloc(a, width + 1), *at = text + width;

	memset(text, '0', width);
	for (; n > 0 && at > text; n /= 10)
		*--at = (char)('0' + n % 10);
	return text;
}

/* Addresses of private networks stay such ones. */
static const char *address_token(struct arena *a, const char *text, size_t n)
{
	bool private = strncmp(text, "10.", 3) == 0 || strncmp(text, "192.168.", 8) == 0 ||
		       strncmp(text, "172.", 4) == 0 || strncmp(text, "100.", 4) == 0;

	return private ? arena_printf(a, "10.255.%zu.%zu", n / 250 % 250, n % 250 + 1)
		       : arena_printf(a, "203.0.%zu.%zu", 113 + n / 250 % 100, n % 250 + 1);
}

static const char *address6_token(struct arena *a, const char *text, size_t n)
{
	const char c = text[0] | 0x20, d = text[0] && text[1] ? text[1] | 0x20 : 0;
	const char *begin = c != 'f' ? "2001:db8::" : d == 'e' ? "fe80::" : "fd00::";

	return arena_printf(a, "%s%zx", begin, n);
}

static const char *new_token(struct redactor *r, enum redact_kind kind, const char *text, size_t len)
{
	static const char *const words[REDACT_KINDS] = {
		[REDACT_SECRET] = "secret", [REDACT_MAIL] = "mail", [REDACT_USER] = "user", [REDACT_HOST] = "host"};
	const size_t n = ++r->of_kind[kind];

	switch (kind) {
	case REDACT_HEX:
		return digits(r->a, len, n);
	case REDACT_UUID:
		return arena_printf(r->a, "00000000-0000-4000-8000-%s", digits(r->a, 12, n));
	case REDACT_MAC:
		return arena_printf(r->a, "02:00:00:%02zx:%02zx:%02zx", n >> 16 & 255, n >> 8 & 255, n & 255);
	case REDACT_IPV4:
		return address_token(r->a, text, n);
	case REDACT_IPV6:
		return address6_token(r->a, text, n);
	default:
		return arena_printf(r->a, "<%s-%zu>", words[kind] ? words[kind] : "value", n);
	}
}

const char *redact_token(struct redactor *r, enum redact_kind kind, const char *text, size_t len)
{
	struct redact_token *t;

	r->times[kind]++;
	for (size_t i = 0; i < r->count; i++) {
		t = &r->tokens[i];
		if (t->kind == kind && strlen(t->was) == len && memcmp(t->was, text, len) == 0)
			return t->is;
	}
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->tokens = xrealloc(r->tokens, r->room * sizeof(*r->tokens));
	}
	t = &r->tokens[r->count++];
	*t = (struct redact_token){kind, arena_strndup(r->a, text, len), NULL};
	t->is = new_token(r, kind, t->was, len);
	return t->is;
}

static bool is_letter(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static size_t match_word(const struct redactor *r, const char *text, size_t len, size_t at, enum redact_kind *kind)
{
	if (at > 0 && is_letter(text[at - 1]))
		return 0;
	for (size_t i = 0; i < r->word_count; i++) {
		size_t n = strlen(r->words[i]);

		if (n <= len - at && memcmp(text + at, r->words[i], n) == 0 &&
		    (at + n == len || !is_letter(text[at + n]))) {
			*kind = r->word_kinds[i];
			return n;
		}
	}
	return 0;
}

static bool of_name(char c)
{
	return is_letter(c) || c == '-' || c == '.';
}

/* What is behind "/home/", whether this machine has such a user or not. */
static size_t match_home(const char *text, size_t len, size_t at)
{
	static const char home[] = "/home/";
	const size_t before = sizeof(home) - 1;
	size_t n = 0;

	if (at < before || memcmp(text + at - before, home, before) != 0)
		return 0;
	while (at + n < len && of_name(text[at + n]))
		n++;
	return n < MIN_WORD || is_well_known(text + at, n) ? 0 : n;
}

void redact_text(struct redactor *r, const char *text, size_t len, struct strbuf *out)
{
	for (size_t at = 0, n; at < len; at += n) {
		enum redact_kind kind = REDACT_SECRET;

		n = redact_match(text, len, at, &kind);
		if (n == 0) {
			n = match_home(text, len, at);
			kind = n > 0 ? REDACT_USER : kind;
		}
		if (n == 0)
			n = match_word(r, text, len, at, &kind);
		if (n > 0)
			strbuf_puts(out, redact_token(r, kind, text + at, n));
		else
			strbuf_putc(out, text[at]);
		n += n == 0;
	}
}

const char *redact_string(struct redactor *r, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *done;

	redact_text(r, text, strlen(text), &out);
	done = arena_strdup(r->a, strbuf_text(&out));
	strbuf_clear(&out);
	return done;
}

/* SPDX-License-Identifier: MIT */
/*
 * What may tell who or where a machine is, or open something, becomes a token: the same one for the same text all over
 * a report, and of the same form where programs read the text (hexadecimal numbers, UUIDs, addresses). Each replacement
 * is counted by its kind.
 */
#ifndef VPSFIT_REPORT_REDACT_H
#define VPSFIT_REPORT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"

enum redact_kind {
	REDACT_SECRET, /* known prefixes of keys, passwords in addresses, base64 of 24 and more, values of .env */
	REDACT_HEX,    /* 32 digits and more: ids of containers and machines, keys */
	REDACT_UUID,
	REDACT_MAC,
	REDACT_IPV4,
	REDACT_IPV6,
	REDACT_MAIL,
	REDACT_USER,
	REDACT_HOST,
	REDACT_VALUE, /* hidden because nothing says that it is harmless */
	REDACT_LINE,  /* left out */
	REDACT_FILE,  /* its content left out */
	REDACT_KINDS
};

extern const char *const redact_names[REDACT_KINDS];

struct redact_token {
	enum redact_kind kind;
	const char *was;
	const char *is;
};

#define REDACT_MAX_WORDS 256

struct redactor {
	struct arena *a;
	struct redact_token *tokens; /* freed by redact_clear */
	size_t count, room;
	size_t of_kind[REDACT_KINDS]; /* tokens */
	size_t times[REDACT_KINDS];   /* replacements */
	const char *words[REDACT_MAX_WORDS];
	enum redact_kind word_kinds[REDACT_MAX_WORDS];
	size_t word_count;
};

void redact_clear(struct redactor *r);
/* A user's or a host's name, which is replaced wherever it stands as a word. Too short or well-known ones are not. */
void redact_word(struct redactor *r, enum redact_kind kind, const char *word, size_t len);
/* This word is no name after all: a program or a part of the stack is called like that. */
void redact_not_word(struct redactor *r, const char *word, size_t len);
const char *redact_token(struct redactor *r, enum redact_kind kind, const char *text, size_t len);
/* Appends the text with all that the patterns find replaced. */
void redact_text(struct redactor *r, const char *text, size_t len, struct strbuf *out);
/* The same of a short text or a path. */
const char *redact_string(struct redactor *r, const char *text);

/*
 * patterns.c: length of what starts at text[at] and has to go, and its kind; 0: nothing does. Looks at what is before.
 */
size_t redact_match(const char *text, size_t len, size_t at, enum redact_kind *ret_kind);

#endif

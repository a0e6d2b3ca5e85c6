/* SPDX-License-Identifier: MIT */
#include "core/shell.h"

#include <string.h>

#include "core/text.h"

/* $'...' as bash, zsh, ksh, busybox and POSIX.1-2024 read it; all bytes are printable ASCII. */
static void add_escaped(struct strbuf *out, const char *word)
{
	strbuf_puts(out, "$'");
	for (; *word; word++) {
		if (*word == '\'' || *word == '\\')
			strbuf_printf(out, "\\%c", *word);
		else if (*word >= ' ' && *word < 0x7f)
			strbuf_putc(out, *word);
		else
			strbuf_printf(out, "\\%03o", (unsigned char)*word);
	}
	strbuf_putc(out, '\'');
}

/*
 * Appends text as one shell word: bare if it is safe, else in single quotes, or as $'...' if it has characters that
 * text_data would escape. Pasted, it is that text and nothing more.
 */
void shell_word(struct strbuf *out, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%";

	if (word[0] && strspn(word, safe) == strlen(word)) {
		strbuf_puts(out, word);
		return;
	}
	if (!text_is_plain(word)) {
		add_escaped(out, word);
		return;
	}
	strbuf_putc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_puts(out, "'\\'");
		strbuf_putc(out, *word);
	}
	strbuf_putc(out, '\'');
}

const char *shell_quoted(struct arena *a, const char *word)
{
	struct strbuf out = STRBUF_INIT;
	const char *quoted;

	shell_word(&out, word);
	quoted = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return quoted;
}

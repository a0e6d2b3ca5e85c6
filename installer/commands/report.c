/* SPDX-License-Identifier: MIT */
#include "commands/report.h"

#include <errno.h>
#include <langinfo.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/text.h"
#include "output/columns.h"
#include "session/command_line.h"
#include "session/session.h"
#include "core/strbuf.h"

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Files and catalogues are UTF-8. ASCII usually means that no locale is set, and tells nothing about the terminal. */
static bool in_locale(void)
{
	return !columns_is_utf8() && !STR_EQ(nl_langinfo(CODESET), "ANSI_X3.4-1968");
}

static bool write_in_locale(int fd, const struct strbuf *text)
{
	struct arena a = ARENA_INIT;
	const char *shown = columns_to_locale(&a, arena_strdup(&a, strbuf_text(text)));
	bool written = write_all(fd, shown, strlen(shown));

	arena_clear(&a);
	return written;
}

/* Keeps the colour codes that style_add wrote and makes everything else printable. */
static void add_coloured(struct strbuf *out, const char *bytes, size_t len)
{
	for (size_t at = 0, start = 0; at <= len; at++) {
		size_t code = at < len && bytes[at] == '\033' ? style_code(bytes + at, len - at) : 0;

		if (code == 0 && at < len)
			continue;
		text_printable(out, bytes + start, at - start);
		strbuf_add(out, bytes + at, code);
		start = at + code;
		at += code ? code - 1 : 0;
	}
}

static bool coloured;

void report_in_colour(bool yes)
{
	coloured = yes;
}

/* All text for people goes through here: the contents of a machine's files must not control the terminal. */
static bool write_text(int fd, const struct strbuf *text)
{
	struct strbuf clean = STRBUF_INIT;
	bool written;

	if (coloured && fd == STDOUT_FILENO)
		add_coloured(&clean, strbuf_text(text), text->len);
	else
		text_printable(&clean, strbuf_text(text), text->len);
	written = in_locale() ? write_in_locale(fd, &clean) : write_all(fd, strbuf_text(&clean), clean.len);
	strbuf_clear(&clean);
	return written;
}

bool report_out(const struct strbuf *text)
{
	return write_text(STDOUT_FILENO, text);
}

bool report_text(const char *text)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	strbuf_puts(&out, text);
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

bool report_again(const struct strbuf *text)
{
	static const char home[] = "\033[H\033[J";

	if (isatty(STDOUT_FILENO) && !write_all(STDOUT_FILENO, home, sizeof(home) - 1))
		return false;
	return write_text(STDOUT_FILENO, text);
}

void report_error_line(const char *text)
{
	struct strbuf line = STRBUF_INIT;

	text_printf(&line, "vpsfit: %s\n", text);
	/* If standard error is gone, nobody can be told. */
	(void)write_text(STDERR_FILENO, &line);
	strbuf_clear(&line);
}

void report_diags(struct session *s)
{
	struct strbuf text = STRBUF_INIT;

	command_line_address_all(s);
	for (size_t i = 0; i < s->diags.count; i++) {
		if (answer_on(&s->answers, ANSWER_QUIET) && s->diags.items[i].severity != SEV_ERROR)
			continue;
		strbuf_puts(&text, "vpsfit: ");
		diag_render(&s->diags.items[i], &text);
	}
	(void)write_text(STDERR_FILENO, &text);
	strbuf_clear(&text);
	diag_clear(&s->diags);
	diag_init(&s->diags, &s->arena);
}

static const char *meaning_of(enum exit_code code)
{
	switch (code) {
#define EXIT_CODE_MEANING(name, value, text)                                                                           \
	case name:                                                                                                     \
		return _(text);
		EXIT_CODE_LIST(EXIT_CODE_MEANING)
#undef EXIT_CODE_MEANING
	}
	return "";
}

void report_end(struct session *s, enum exit_code code)
{
	const char *stack = s->dir && s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir;
	const char *text;

	if (code == EXIT_DONE || code == EXIT_PENDING)
		return;
	text = arena_printf(&s->arena, _("the apply ended with exit code %d: %s"), (int)code, meaning_of(code));
	report_error_line(stack ? arena_printf(&s->arena, "%s: %s", stack, text) : text);
}

bool report_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool report_ask(const char *text)
{
	struct strbuf line = STRBUF_INIT;
	/* Letters for yes in the user's language. "y" and "Y" always count, for those who type without reading. */
	static const char yes[] = N_("yY");
	char first = 'n', c = 0;
	ssize_t n;

	strbuf_printf(&line, "%s %s ", text, _("[y/N]"));
	if (!report_out(&line)) {
		strbuf_clear(&line);
		return false;
	}
	strbuf_clear(&line);
	for (bool at_start = true; (n = read(STDIN_FILENO, &c, 1)) != 0 && c != '\n';) {
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 1 && at_start) {
			first = c;
			at_start = false;
		}
	}
	return n != 0 && (strchr("yY", first) || strchr(_(yes), first));
}

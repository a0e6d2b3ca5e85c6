/* SPDX-License-Identifier: MIT */
/* Completion for bash, zsh and fish, from the same tables as --help. */
#include <ctype.h>
#include <string.h>

#include "answers/table.h"
#include "commands/command.h"
#include "core/text.h"
#include "manual/sections.h"

void section_shell_commands(struct strbuf *out)
{
	strbuf_puts(out, "_vpsfit_commands='");
	for (size_t i = 1; i < command_count; i++)
		strbuf_printf(out, "%s%s", i > 1 ? " " : "", commands[i].name);
	strbuf_puts(out, "'\n");
}

static void options_of(struct strbuf *out, const struct command *c)
{
	strbuf_printf(out, "\t'%s') printf '%%s\\n'", c->name);
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		if (!command_takes(c, o))
			continue;
		strbuf_printf(out, " --%s", o->name);
		if (o->letter)
			strbuf_printf(out, " -%c", o->letter);
	}
	strbuf_puts(out, " ;;\n");
}

void section_shell_options(struct strbuf *out)
{
	strbuf_puts(out, "_vpsfit_options() {\n\tcase $1 in\n");
	for (size_t i = 0; i < command_count; i++)
		options_of(out, &commands[i]);
	strbuf_puts(out, "\tesac\n}\n");
}

/* The literal words of "auto|none|SIZE|DEVICE": those in lower case; the others are placeholders. */
static void literal_words(struct strbuf *out, const char *argument)
{
	while (*argument) {
		size_t n = strcspn(argument, "|");

		if (islower((unsigned char)argument[0])) {
			strbuf_putc(out, ' ');
			strbuf_add(out, argument, n);
		}
		argument += n;
		argument += strspn(argument, "|");
	}
}

/* What offers more than the literal words: in the language of bash and zsh, and in that of fish. */
struct known {
	const char *name, *sh, *fish;
};

static const struct known *completed_by(const struct answer_row *o)
{
	static const struct known known[] = {
		{"profile", "_vpsfit_names profile", "(__vpsfit_names profile)"},
		{"cost-model", "_vpsfit_names cost-model", "(__vpsfit_names cost-model)"},
		{"swap", "_vpsfit_swap_partitions", "(__vpsfit_swap_partitions)"},
		{"bind", "printf '%s\\n' 127.0.0.1 0.0.0.0 ::1", "127.0.0.1 0.0.0.0 ::1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (STR_EQ(known[i].name, o->name))
			return &known[i];
	return NULL;
}

static bool is_directory(const struct answer_row *o)
{
	return STR_EQ(o->argument, "DIR");
}

static bool is_file(const struct answer_row *o)
{
	return STR_EQ(o->argument, "FILE") || STR_EQ(o->argument, "PATH");
}

/* Completion of option values: files, directories or words. */
void section_shell_values(struct strbuf *out)
{
	strbuf_puts(out, "_vpsfit_values() {\n\tcase $1 in\n");
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		if (!o->argument)
			continue;
		strbuf_printf(out, "\t--%s)", o->name);
		if (is_directory(o))
			strbuf_puts(out, " echo @dir");
		else if (is_file(o))
			strbuf_puts(out, " echo @file");
		else if (completed_by(o))
			strbuf_printf(out, " %s; printf '%%s\\n'", completed_by(o)->sh);
		else
			strbuf_puts(out, " printf '%s\\n'");
		literal_words(out, o->argument);
		strbuf_puts(out, " ;;\n");
	}
	strbuf_puts(out, "\t*) return 1 ;;\n\tesac\n}\n");
}

/* In single quotes fish reads a backslash before a quote or another one. */
static void fish_quoted(struct strbuf *out, const char *text)
{
	strbuf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			strbuf_putc(out, '\\');
		strbuf_putc(out, *text);
	}
	strbuf_putc(out, '\'');
}

void section_fish_commands(struct strbuf *out)
{
	strbuf_puts(out, "set -g __vpsfit_commands");
	for (size_t i = 1; i < command_count; i++)
		strbuf_printf(out, " %s", commands[i].name);
	strbuf_puts(out, "\nset -g __vpsfit_with_value");
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (answer_rows[i].argument)
			strbuf_printf(out, " --%s", answer_rows[i].name);
	strbuf_putc(out, '\n');
	for (size_t i = 1; i < command_count; i++) {
		strbuf_printf(out, "complete -c vpsfit -n '__vpsfit_is wizard' -a %s -d ", commands[i].name);
		fish_quoted(out, commands[i].help);
		strbuf_putc(out, '\n');
	}
	strbuf_puts(out, "complete -c vpsfit -n '__vpsfit_is wizard' -a help -d 'what a command takes'\n");
}

static void fish_value(struct strbuf *out, const struct answer_row *o)
{
	if (!o->argument)
		return;
	/* fish's own list of directories takes a name with a line end for two: leave them to its list of files. */
	if (is_file(o) || is_directory(o)) {
		strbuf_puts(out, " -r -F");
		return;
	}
	strbuf_puts(out, " -x -a '");
	if (completed_by(o))
		strbuf_puts(out, completed_by(o)->fish);
	literal_words(out, o->argument);
	strbuf_putc(out, '\'');
}

void section_fish_options(struct strbuf *out)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		strbuf_puts(out, "complete -c vpsfit -n '__vpsfit_is");
		for (size_t j = 0; j < command_count; j++)
			if (command_takes(&commands[j], o))
				strbuf_printf(out, " %s", j ? commands[j].name : "wizard");
		strbuf_printf(out, "' -l %s", o->name);
		if (o->letter)
			strbuf_printf(out, " -s %c", o->letter);
		fish_value(out, o);
		strbuf_puts(out, " -d ");
		fish_quoted(out, o->help);
		strbuf_putc(out, '\n');
	}
}

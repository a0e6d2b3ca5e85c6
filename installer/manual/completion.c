/* SPDX-License-Identifier: MIT */
/* Bash completion, from the same tables as --help. */
#include <ctype.h>
#include <string.h>

#include "answers/table.h"
#include "commands/command.h"
#include "core/text.h"
#include "manual/sections.h"

void section_bash_commands(struct strbuf *out)
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

void section_bash_options(struct strbuf *out)
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

static const char *completed_by(const struct answer_row *o)
{
	static const struct {
		const char *name, *with;
	} known[] = {
		{"profile", "_vpsfit_names profile"},
		{"cost-model", "_vpsfit_names cost-model"},
		{"swap", "_vpsfit_swap_partitions"},
		{"bind", "printf '%s\\n' 127.0.0.1 0.0.0.0 ::1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (STR_EQ(known[i].name, o->name))
			return known[i].with;
	return NULL;
}

/* Completion of option values: files, directories or words. */
void section_bash_values(struct strbuf *out)
{
	strbuf_puts(out, "_vpsfit_values() {\n\tcase $1 in\n");
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		if (!o->argument)
			continue;
		strbuf_printf(out, "\t--%s)", o->name);
		if (STR_EQ(o->argument, "DIR"))
			strbuf_puts(out, " echo @dir");
		else if (STR_EQ(o->argument, "FILE") || STR_EQ(o->argument, "PATH"))
			strbuf_puts(out, " echo @file");
		else if (completed_by(o))
			strbuf_printf(out, " %s; printf '%%s\\n'", completed_by(o));
		else
			strbuf_puts(out, " printf '%s\\n'");
		literal_words(out, o->argument);
		strbuf_puts(out, " ;;\n");
	}
	strbuf_puts(out, "\t*) return 1 ;;\n\tesac\n}\n");
}

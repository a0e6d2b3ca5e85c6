/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "answers/table.h"
#include "commands/command.h"
#include "core/exit_codes.h"
#include "core/i18n.h"
#include "output/style.h"

#define OPTION_COLUMN 28

static void option_help(const struct answer_row *o, struct strbuf *out)
{
	char label[64] = "";
	struct strbuf text = STRBUF_INIT;

	if (o->letter)
		strbuf_printf(&text, "  -%c, --%s", o->letter, o->name);
	else
		strbuf_printf(&text, "      --%s", o->name);
	if (o->argument)
		strbuf_printf(&text, " %s", o->argument);
	strncat(label, strbuf_text(&text), sizeof(label) - 1);
	strbuf_clear(&text);
	if (strlen(label) >= OPTION_COLUMN) {
		strbuf_printf(out, "%s\n", label);
		label[0] = '\0';
	}
	style_wrap(out, label, OPTION_COLUMN, _(o->help));
}

static void commands_help(struct strbuf *out)
{
	strbuf_puts(out, _("Commands:\n"));
	for (size_t i = 0; i < command_count; i++) {
		char label[OPTION_COLUMN + 1] = "  ";

		strncat(label, commands[i].synopsis, sizeof(label) - 3);
		style_wrap(out, label, OPTION_COLUMN, _(commands[i].help));
	}
}

static void exit_codes_help(struct strbuf *out)
{
#define EXIT_CODE_HELP(name, value, text) style_wrap(out, "  " #value, 5, _(text));
	strbuf_puts(out, _("\nExit codes:\n"));
	EXIT_CODE_LIST(EXIT_CODE_HELP)
#undef EXIT_CODE_HELP
}

void help_text(const struct command *c, struct strbuf *out)
{
	if (c && c->name[0]) {
		strbuf_printf(out, _("Usage: %s [OPTION...]\n  %s\n"), c->synopsis, _(c->help));
	} else {
		strbuf_puts(out, _("Usage: vpsfit [COMMAND] [OPTION...]\n"
				   "Fits a self-hosted AI gateway (LiteLLM, Open WebUI, PostgreSQL, nginx)\n"
				   "to this machine.\n\n"));
		commands_help(out);
	}
	strbuf_puts(out, _("\nOptions:\n"));
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (!c || !c->name[0] || command_takes(c, &answer_rows[i]))
			option_help(&answer_rows[i], out);
	exit_codes_help(out);
	if (!c || !c->name[0])
		strbuf_puts(out, _("\nExamples:\n"
				   "    vpsfit plan                  what this machine would get; changes nothing\n"
				   "    vpsfit apply --yes --start   write it, start it, wait until the page answers\n"
				   "    vpsfit status                what there is, and what is left to do\n"));
	strbuf_puts(out, _("\n'man vpsfit' has the rest.\n"));
}

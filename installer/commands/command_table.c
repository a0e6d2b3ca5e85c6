/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands/command.h"
#include "core/i18n.h"
#include "core/text.h"

/* Names and texts only; main.c has the functions, so that the manual's generator need not link them. */
const struct command commands[] = {
	{"", "vpsfit", N_("the wizard: asks, shows, and applies"), FOR_WIZARD},
	{"detect", "vpsfit detect", N_("the machine, with the source of every fact"), FOR_DETECT},
	{"plan", "vpsfit plan", N_("the plan and what it would write; changes nothing"), FOR_PLAN},
	{"apply", "vpsfit apply", N_("write the files and make the swap"), FOR_APPLY},
	{"status", "vpsfit status", N_("what was applied, and what has changed since"), FOR_PLAN},
	{"rollback", "vpsfit rollback", N_("undo the last apply"), FOR_ROLLBACK},
	{"recover", "vpsfit recover", N_("finish or undo an interrupted apply"), FOR_RECOVER},
	{"forget", "vpsfit forget", N_("forget a stack that is gone; its secrets are kept"), FOR_FORGET},
	{"sizes", "vpsfit sizes", N_("the usual VPS sizes, and what each would get"), FOR_SIZES},
	{"export", "vpsfit export", N_("the plan for an engine of many machines: --format swarm or helm"), FOR_EXPORT},
	{"watch", "vpsfit watch", N_("what the running stack uses, and who ran out of memory; --enable keeps watching"),
	 FOR_WATCH},
	{"calibrate", "vpsfit calibrate", N_("a cost model of this machine from what was watched"), FOR_CALIBRATE},
	{"report", "vpsfit report", N_("one file for whoever helps you, without secrets and names"), FOR_REPORT},
	{"notice", "vpsfit notice", N_("what has changed in the machine since the last apply; for the boot"),
	 FOR_NOTICE},
};
const size_t command_count = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (STR_EQ(commands[i].name, name))
			return &commands[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(commands)];

	for (size_t i = 1; i < command_count; i++)
		names[i - 1] = commands[i].name;
	return text_nearest(name, names, command_count - 1);
}

bool command_takes(const struct command *c, const struct answer_row *option)
{
	return (option->commands & c->bit) != 0;
}

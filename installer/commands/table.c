#include <string.h>

#include "commands/command.h"
#include "core/i18n.h"
#include "core/text.h"

/* What every command takes. */
static const char *const common[] = {"json",  "quiet",	   "sysroot", "answers", "dir", "compose",
				     "state", "swap-file", "help",    "version", NULL};

static const char *const for_detect[] = {"ram", "cpus", NULL};

static const char *const for_plan[] = {
	"service",  "profile",	  "workers", "swap",	   "swappiness",      "bind",	   "port", "ram", "cpus",
	"overhead", "cost-model", "force",   "keep-edits", "overwrite-edits", "exit-code", "yes",  NULL};

static const char *const for_apply[] = {
	"service",  "profile",	  "workers", "swap",	   "swappiness",      "bind",	   "port", "ram",     "cpus",
	"overhead", "cost-model", "force",   "keep-edits", "overwrite-edits", "exit-code", "yes",  "dry-run", NULL};

static const char *const for_rollback[] = {"yes", "dry-run", "keep-edits", "overwrite-edits", "exit-code", NULL};

static const char *const for_recover[] = {NULL};

/* As for apply, and how the wizard asks. */
static const char *const for_wizard[] = {
	"service",   "profile", "workers",  "swap",	  "swappiness", "bind",	      "port",
	"ram",	     "cpus",	"overhead", "cost-model", "force",	"keep-edits", "overwrite-edits",
	"exit-code", "yes",	"dry-run",  "plain",	  NULL};
static const char *const for_notice[] = {"exit-code", NULL};

const struct command commands[] = {
	{"", "vpsfit", N_("the wizard: asks, shows, and applies"), command_bare, for_wizard},
	{"detect", "vpsfit detect", N_("the machine, with the source of every fact"), command_detect, for_detect},
	{"plan", "vpsfit plan", N_("the plan and what it would write; changes nothing"), command_plan, for_plan},
	{"apply", "vpsfit apply", N_("make it so"), command_apply, for_apply},
	{"status", "vpsfit status", N_("what was applied, and what has changed since"), command_status, for_plan},
	{"rollback", "vpsfit rollback", N_("back to what was there before the last apply"), command_rollback,
	 for_rollback},
	{"recover", "vpsfit recover", N_("finish or undo what was cut off"), command_recover, for_recover},
	{"notice", "vpsfit notice", N_("where the machine has changed since; for the boot"), command_notice,
	 for_notice},
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

static bool listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (STR_EQ(*list, name))
			return true;
	return false;
}

bool command_takes(const struct command *c, const char *option)
{
	return listed(common, option) || listed(c->options, option);
}

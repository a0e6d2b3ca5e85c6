/* SPDX-License-Identifier: MIT */
/* Lists for the man pages, in roff. */
#include "manual/sections.h"

#include <ctype.h>
#include <string.h>

#include "catalog/kinds.h"
#include "answers/table.h"
#include "commands/command.h"
#include "core/exit_codes.h"
#include "core/plan.h"
#include "core/text.h"

void roff_text(struct strbuf *out, const char *text)
{
	/* A dot or quote at the start of a line would be a roff request. */
	if (text[0] == '.' || text[0] == '\'')
		strbuf_puts(out, "\\&");
	for (; *text; text++) {
		if (*text == '-')
			strbuf_puts(out, "\\-");
		else if (*text == '\\')
			strbuf_puts(out, "\\e");
		else
			strbuf_putc(out, *text);
	}
}

static void item(struct strbuf *out, const char *head, const char *argument)
{
	strbuf_puts(out, ".TP\n\\fB");
	roff_text(out, head);
	strbuf_puts(out, "\\fR");
	if (argument) {
		strbuf_puts(out, " \\fI");
		roff_text(out, argument);
		strbuf_puts(out, "\\fR");
	}
	strbuf_putc(out, '\n');
}

/* The tables' texts start in lower case, for --help; in man pages they are sentences. */
static void capitalised(struct strbuf *out, const char *text)
{
	char first[2] = {(char)toupper((unsigned char)text[0]), '\0'};

	if (!text[0])
		return;
	roff_text(out, first);
	roff_text(out, text + 1);
}

static void sentence(struct strbuf *out, const char *text)
{
	capitalised(out, text);
	strbuf_puts(out, ".\n");
}

void section_commands(struct strbuf *out)
{
	for (size_t i = 0; i < command_count; i++) {
		item(out, commands[i].synopsis, NULL);
		sentence(out, commands[i].help);
	}
}

/* Lists the commands that take the option, unless all do. */
static void taken_by(struct strbuf *out, const struct answer_row *option)
{
	struct strbuf list = STRBUF_INIT;
	size_t takers = 0;

	for (size_t i = 1; i < command_count; i++)
		if (command_takes(&commands[i], option))
			strbuf_printf(&list, "%s%s", takers++ ? ", " : "", commands[i].name);
	if (takers == 0)
		strbuf_puts(out, "For the wizard alone.\n");
	else if (takers < command_count - 1)
		strbuf_printf(out, "For %s.\n", strbuf_text(&list));
	strbuf_clear(&list);
}

void section_options(struct strbuf *out)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];
		struct strbuf head = STRBUF_INIT;

		if (o->letter)
			strbuf_printf(&head, "-%c, ", o->letter);
		strbuf_printf(&head, "--%s", o->name);
		item(out, strbuf_text(&head), o->argument);
		strbuf_clear(&head);
		sentence(out, o->help);
		taken_by(out, o);
	}
}

void section_exit_codes(struct strbuf *out)
{
#define EXIT_CODE_ITEM(name, value, text)                                                                              \
	item(out, #value, NULL);                                                                                       \
	sentence(out, text);
	EXIT_CODE_LIST(EXIT_CODE_ITEM)
#undef EXIT_CODE_ITEM
}

void section_warnings(struct strbuf *out)
{
	struct plan_warning w;

	for (size_t i = 0; plan_warning_def(i, &w); i++) {
		item(out, w.code, w.severity == SEV_WARNING ? "warning" : "info");
		sentence(out, w.text);
	}
}

void section_answers(struct strbuf *out)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		if (!(o->flags & IN_FILE))
			continue;
		item(out, o->name, o->argument ? o->argument : "true|false");
		sentence(out, o->help);
	}
}

static const char *type_text(struct strbuf *scratch, const struct field *f)
{
	static const char *const names[] = {
		[FIELD_TEXT] = "text", [FIELD_NAME] = "name", [FIELD_COUNT] = "number",
		[FIELD_MIB] = "size",  [FIELD_CUSTOM] = NULL,
	};

	if (f->type != FIELD_WORD)
		return names[f->type];
	for (int i = 0; f->words[i]; i++)
		strbuf_printf(scratch, "%s%s", i ? "|" : "", f->words[i]);
	return strbuf_text(scratch);
}

static void keys(struct strbuf *out, const struct field_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		struct strbuf scratch = STRBUF_INIT;
		const struct field *f = &group->fields[i];

		item(out, f->key, type_text(&scratch, f));
		capitalised(out, f->help);
		strbuf_puts(out, f->required ? ".\n" : " (optional).\n");
		strbuf_clear(&scratch);
	}
}

void section_profile_keys(struct strbuf *out)
{
	keys(out, &profile_group);
}

static void groups(struct strbuf *out, const struct field_group *all, size_t count, bool titled)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 || titled) {
			strbuf_puts(out, ".SS ");
			roff_text(out, all[i].title);
			strbuf_putc(out, '\n');
		}
		keys(out, &all[i]);
	}
}

void section_cost_model_keys(struct strbuf *out)
{
	groups(out, cost_model_groups, cost_model_group_count, false);
	groups(out, costs_groups, costs_group_count, true);
}

void section_service_keys(struct strbuf *out)
{
	groups(out, service_groups, service_group_count, false);
}

void section_images_keys(struct strbuf *out)
{
	groups(out, images_groups, images_group_count, false);
}

void section_usual_keys(struct strbuf *out)
{
	keys(out, &usual_group);
}

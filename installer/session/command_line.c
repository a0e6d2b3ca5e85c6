/* SPDX-License-Identifier: MIT */
#include "session/command_line.h"

#include <string.h>

#include "answers/secrets.h"
#include "answers/table.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "compose/project.h"

/* Single decisions amount to the flag if they all agree. */
static bool decided(const struct session *s, enum edit_policy policy)
{
	if (answer_edits(&s->answers) != EDITS_ASK)
		return answer_edits(&s->answers) == policy;
	for (size_t i = 0; i < s->decision_count; i++)
		if (s->decisions[i].keep != (policy == EDITS_KEEP))
			return false;
	return s->decision_count > 0;
}

static bool is_on(const struct session *s, enum answer_id id)
{
	if (id == ANSWER_KEEP_EDITS || id == ANSWER_OVERWRITE_EDITS)
		return decided(s, id == ANSWER_KEEP_EDITS ? EDITS_KEEP : EDITS_OVERWRITE);
	return answer_on(&s->answers, id) || (answer_rows[id].flags & ALWAYS);
}

/* The answer's value on a command line; NULL if it can be omitted. */
static const char *value_of(struct session *s, enum answer_id id)
{
	const struct answer_row *row = &answer_rows[id];
	const char *text = answer_text(&s->answers, id);

	if (id == ANSWER_SERVICE)
		return answers_services_text(&s->answers, &s->arena);
	if (!text && (row->flags & REMEMBERED) && answer_said(&s->answers, id))
		text = "auto";
	/* --compose implies the directory */
	if (id == ANSWER_DIR && s->compose)
		return NULL;
	return text && row->usual && (STR_EQ(text, row->usual) || STR_EQ(text, "auto")) ? NULL : text;
}

static void add_answer(struct session *s, enum answer_id id, struct strbuf *out)
{
	const struct answer_row *row = &answer_rows[id];
	const char *value = row->argument ? value_of(s, id) : NULL;

	if (row->argument ? !value : !is_on(s, id))
		return;
	strbuf_printf(out, " --%s", row->name);
	if (!value)
		return;
	strbuf_putc(out, ' ');
	shell_word(out, value);
}

static void add_answers(struct session *s, unsigned without, struct strbuf *out)
{
	for (int id = 0; id < ANSWER_COUNT; id++)
		if ((answer_rows[id].flags & ON_THE_LINE) && !(answer_rows[id].flags & without))
			add_answer(s, (enum answer_id)id, out);
}

void command_line_render(struct session *s, struct strbuf *out)
{
	strbuf_puts(out, "vpsfit apply");
	add_answers(s, 0, out);
}

void command_line_sudo(struct session *s, struct strbuf *out)
{
	strbuf_puts(out, "sudo vpsfit");
	add_answers(s, ALWAYS, out);
	if (answer_on(&s->answers, ANSWER_PLAIN))
		strbuf_puts(out, " --plain");
}

/* Exactly the files that Compose used before: by directory if it finds them there, else naming all of them. */
void command_line_compose(struct session *s, const char *command, struct strbuf *out)
{
	const struct changeset *c = &s->changes;
	const char *compose = s->machine.engine.compose_command;
	bool named = s->changes_known ? !c->by_dir : s->compose && !project_is_usual_name(s->compose);

	if (named) {
		strbuf_puts(out, compose);
		for (size_t i = 0; s->changes_known && i < c->named_count; i++) {
			strbuf_puts(out, " -f ");
			shell_word(out, c->named[i]);
		}
		if (!s->changes_known) {
			strbuf_puts(out, " -f ");
			shell_word(out, answer_text(&s->answers, ANSWER_COMPOSE));
		}
	} else {
		strbuf_puts(out, "cd ");
		shell_word(out, s->dir);
		strbuf_printf(out, " && %s", compose);
	}
	strbuf_printf(out, " %s", command);
}

void command_line_start(struct session *s, struct strbuf *out)
{
	command_line_compose(s, s->changes_known && s->changes.orphans ? "up -d --remove-orphans" : "up -d", out);
}

void command_line_there(struct session *s, const char *command, struct strbuf *out)
{
	static const enum answer_id where[] = {ANSWER_DIR, ANSWER_COMPOSE, ANSWER_STATE};

	strbuf_printf(out, "vpsfit%s%s", command[0] ? " " : "", command);
	for (size_t i = 0; i < ARRAY_SIZE(where); i++)
		add_answer(s, where[i], out);
}

void command_line_status_there(struct session *s, struct strbuf *out)
{
	command_line_there(s, "status", out);
}

void command_line_status(struct session *s, struct strbuf *out)
{
	command_line_status_there(s, out);
	add_answer(s, ANSWER_SYSROOT, out);
}

static void note_decisions(const struct session *s, struct strbuf *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->decision_count; i++)
		kept += s->decisions[i].keep;
	if (kept > 0 && kept < s->decision_count)
		strbuf_puts(out, _("Values edited by hand were decided one by one; no flag says that.\n"));
}

static void note_keys(const struct session *s, struct strbuf *out)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (s->answers.provider_keys[i])
			strbuf_printf(out,
				      secret_answers[i].shown
					      ? _("The answer for %s is not in it: give it as '%s' in an answers "
						  "file.\n")
					      : _("The key for %s is not in it: give it as '%s' in an answers file.\n"),
				      _(secret_answers[i].provider), secret_answers[i].name);
}

void command_line_note(const struct session *s, struct strbuf *out)
{
	note_decisions(s, out);
	note_keys(s, out);
}

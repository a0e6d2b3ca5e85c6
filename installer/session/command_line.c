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

/* Secrets have no flag: what an answers file has of them is said by naming it. */
static bool has_secrets_of_a_file(const struct session *s)
{
	bool any = s->answers.database_url || s->answers.database_own;

	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		any |= s->answers.provider_keys[i] != NULL;
	return any && answer_said(&s->answers, ANSWER_ANSWERS);
}

static void add_answers(struct session *s, unsigned without, struct strbuf *out)
{
	if (has_secrets_of_a_file(s))
		add_answer(s, ANSWER_ANSWERS, out);
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

/* Does the command, up to its closing quote, need to be told of the stack? */
static bool needs_place(const char *command, size_t len, const char **ret_verb)
{
	/* status and forget say themselves which they mean: without a place they are about all of them. */
	static const char *const verbs[] = {"apply", "plan", "rollback", "recover", "calibrate"};
	static const char *const placed[] = {" --dir", " --compose", " --moved-from", " --help", " --state"};

	for (size_t i = 0; i < ARRAY_SIZE(placed); i++)
		if (memmem(command, len, placed[i], strlen(placed[i])))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const size_t n = strlen(verbs[i]);

		if (len >= n && strncmp(command, verbs[i], n) == 0 && (len == n || command[n] == ' ')) {
			*ret_verb = verbs[i];
			return true;
		}
	}
	return false;
}

const char *command_line_address(struct session *s, const char *text)
{
	static const char start[] = "'vpsfit ";
	struct strbuf place = STRBUF_INIT, out = STRBUF_INIT;
	const char *at, *verb, *done = text;

	command_line_there(s, "", &place);
	while ((at = strstr(done, start)) && place.len > strlen("vpsfit")) {
		const char *command = at + strlen(start);
		const size_t len = strcspn(command, "'");

		strbuf_add(&out, done, (size_t)(command - done));
		done = command;
		if (command[len] == '\'' && needs_place(command, len, &verb)) {
			strbuf_printf(&out, "%s%s", verb, strbuf_text(&place) + strlen("vpsfit"));
			done = command + strlen(verb);
		}
	}
	if (out.len > 0) {
		strbuf_puts(&out, done);
		text = arena_strdup(&s->arena, strbuf_text(&out));
	}
	strbuf_clear(&place);
	strbuf_clear(&out);
	return text;
}

void command_line_address_all(struct session *s)
{
	if (!s->dir)
		return;
	for (size_t i = 0; i < s->diags.count; i++) {
		struct diag *d = &s->diags.items[i];

		d->text = command_line_address(s, d->text);
		d->hint = d->hint ? command_line_address(s, d->hint) : NULL;
	}
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

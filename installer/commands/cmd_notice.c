/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "changes/gone.h"
#include "changes/status.h"
#include "commands/run.h"
#include "session/calibrating.h"
#include "session/command_line.h"
#include "session/look.h"
#include "session/moved.h"
#include "commands/report.h"
#include "session/rights.h"
#include "core/i18n.h"
#include "core/text.h"
#include "output/changes_text.h"
#include "output/notice.h"
#include "output/status_text.h"

/* The result of checking all stacks. */
struct found {
	struct notice notice;
	size_t stacks;
	bool pending;	      /* an apply would change something */
	bool edited;	      /* an apply would ask about an edit by hand */
	bool failed;	      /* a stack cannot be compared with its plan */
	bool misfit;	      /* an apply would be refused */
	char moved[PATH_MAX]; /* where the last one is that was found elsewhere; "": none was */
};

/* "dir" in the state is the compose file of an adopted stack, the directory of vpsfit's own. */
static bool is_adopted(struct session *one, const struct state *state)
{
	const char *host;
	struct stat st;

	if (gone_is_adopted(state))
		return true;
	host = session_open(one) == 0 ? sysroot_resolve(&one->root, &one->arena, state->dir) : NULL;
	return host && stat(host, &st) == 0 && S_ISREG(st.st_mode);
}

/* A wrong key does harm the longer it is used: it is told here too, and whether an apply has something to do or not. */
static void say_changed_secrets(struct session *one, size_t from, struct found *f)
{
	const char *last = NULL;

	for (size_t i = from; i < one->diags.count; i++) {
		const struct diag *d = &one->diags.items[i];

		if (!d->code || !STR_EQ(d->code, "secret-changed") || (last && STR_EQ(last, d->text)))
			continue;
		last = d->text;
		notice_say(&f->notice, one->state.dir, d->code,
			   text_aprintf(&one->arena, "%s: %s", one->state.dir, d->text));
		notice_more(&f->notice, d->hint);
	}
}

/*
 * Compares without messages: those about single files are for plan to report. Returns why it cannot be; NULL: it was.
 */
static const char *compare(struct session *one, struct found *f)
{
	size_t before = one->diags.count;
	const char *why = NULL;
	int rc = session_compare(one);

	for (size_t i = before; rc < 0 && !why && i < one->diags.count; i++) {
		const struct diag *d = &one->diags.items[i];

		if (d->severity == SEV_ERROR)
			why = d->file ? text_aprintf(&one->arena, "%s: %s", d->file, d->text) : d->text;
	}
	say_changed_secrets(one, before, f);
	one->diags.count = before;
	return rc == 0 ? NULL : why ? why : strerror(-rc);
}

static void name_command(struct session *one, const char *name, struct found *f)
{
	struct strbuf command = STRBUF_INIT;

	command_line_there(one, name, &command);
	notice_command(&f->notice, strbuf_text(&command));
	strbuf_clear(&command);
}

/* What holds the plan back, and how to let go of it: answers that are remembered, and values kept by hand. */
static void say_held(struct session *one, struct found *f)
{
	const char *held = session_held_back(one), *list = NULL, *line;

	if (held)
		notice_more(&f->notice, held);
	for (size_t i = 0; one->changes_known && (line = changes_kept_line(&one->arena, &one->changes, i)); i++)
		list = list ? arena_printf(&one->arena, "%s; %s", list, line) : line;
	if (list)
		notice_more(&f->notice, text_aprintf(&one->arena, _("By hand: %s. %s"), list, session_let_go(one)));
}

/* The commands for what an apply would ask about. */
static void name_decisions(struct session *one, struct found *f)
{
	name_command(one, "plan", f);
	name_command(one, "apply --keep-edits", f);
	name_command(one, "apply --overwrite-edits", f);
}

/* What the suggested commands will do. why: the stack cannot be compared with its plan. */
static const char *what_then(struct session *one, const char *why)
{
	if (!plan_fits(&one->plan))
		return text_aprintf(&one->arena, _("The stack does not fit it: %s. What would help:"),
				    status_misfit(&one->plan));
	if (why)
		return _("What you can do:");
	if (one->changes.conflicts > 0)
		return _("Values were edited by hand since; what would change, and what keeps or replaces them:");
	if (changeset_pending(&one->changes))
		return _("What would change, and what changes it:");
	return _("The stack fits as it is; an apply records the change:");
}

/* Tells what changed in the machine, or for the same machine in the plan, and what the suggested commands will do. */
static void say(struct session *one, const char *machine, bool other, const char *why, struct found *f)
{
	const bool fits = plan_fits(&one->plan);
	const char *code = !fits ? "does-not-fit" : other ? "machine-changed" : "plan-changed";

	notice_say(&f->notice, one->state.dir, code,
		   text_aprintf(&one->arena,
				other ? _("the machine has changed since the stack in %s was fitted to it: %s. %s")
				      : _("the plan for the stack in %s is another one than it was fitted with, for "
					  "the machine %s. %s"),
				one->state.dir, machine, what_then(one, why)));
	if (fits && !why && one->changes.conflicts > 0) {
		name_decisions(one, f);
	} else {
		if (!fits || why || changeset_pending(&one->changes))
			name_command(one, "plan", f);
		if (fits && !why)
			name_command(one, "apply", f);
	}
	say_held(one, f);
}

static const char *files_to_change(struct session *one)
{
	const char *list = NULL;

	for (size_t i = 0; i < one->changes.count; i++)
		if (one->changes.files[i].kind != CHANGE_NONE)
			list = arena_printf(&one->arena, "%s%s%s", list ? list : "", list ? ", " : "",
					    one->changes.files[i].name);
	return list ? list : one->state.dir;
}

/* On the same machine, with the same plan: an apply would still be refused, or have something to do. */
static void say_to_do(struct session *one, const char *why, struct found *f)
{
	struct arena *a = &one->arena;
	const char *dir = one->state.dir;

	if (!plan_fits(&one->plan)) {
		notice_say(&f->notice, dir, "does-not-fit",
			   text_aprintf(a, _("the stack in %s does not fit this machine: %s. What would help:"), dir,
					status_misfit(&one->plan)));
		name_command(one, "plan", f);
	} else if (why) {
		notice_say(&f->notice, dir, "not-compared",
			   text_aprintf(a, _("the stack in %s cannot be compared with its plan: %s. For details:"), dir,
					why));
		name_command(one, "plan", f);
	} else if (one->changes.conflicts > 0) {
		notice_say(&f->notice, dir, "edited",
			   text_aprintf(a,
					_("values of the stack in %s were edited by hand since the last apply. What "
					  "shows, keeps or replaces them:"),
					dir));
		name_decisions(one, f);
	} else if (changeset_pending(&one->changes)) {
		notice_say(&f->notice, dir, "to-write",
			   text_aprintf(a, _("an apply to the stack in %s would write: %s. What shows and does it:"),
					dir, files_to_change(one)));
		name_command(one, "plan", f);
		name_command(one, "apply", f);
	}
}

/* What is written, and what the containers that run have. */
static void say_running(struct session *one, struct found *f)
{
	struct strbuf start = STRBUF_INIT;

	notice_say(&f->notice, one->state.dir, "not-taken-over",
		   text_aprintf(&one->arena, _("the stack in %s is written, but not in effect yet: %s"), one->state.dir,
				one->changes.not_taken_over));
	command_line_start(one, &start);
	notice_command(&f->notice, strbuf_text(&start));
	strbuf_clear(&start);
}

static void say_gone(struct session *one, struct found *f)
{
	const struct gone_ways w = session_gone_ways(one, &one->state);

	notice_say(&f->notice, one->state.dir, "gone",
		   text_aprintf(&one->arena,
				w.left ? _("of the stack in %s, the compose file and .env are gone. %s")
				       : _("the stack in %s is gone. %s"),
				one->state.dir, gone_what(&w)));
	if (w.moved) {
		snprintf(f->moved, sizeof(f->moved), "%s", w.where);
		notice_command(&f->notice, w.moved);
	}
	if (w.back)
		notice_command(&f->notice, w.back);
	if (!w.moved)
		notice_command(&f->notice, w.forget);
}

/* Prepares a session for the stack of that state, with this run's other answers. */
static void choose(const struct session *s, const struct state *state, struct session *one)
{
	one->answers = s->answers;
	one->answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
	one->answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, state->dir, 0, NULL};
	if (is_adopted(one, state))
		one->answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_FLAG, state->dir, 0, NULL};
}

/* A file of the stack that is not there: an apply brings it back. */
static const char *missing_file(struct session *one)
{
	for (size_t i = 0; i < one->state.file_count; i++) {
		const struct state_file *f = &one->state.files[i];

		if (status_of_file(&one->arena, &one->root, &one->plan, &one->state, f) == FILE_MISSING &&
		    !gone_renamed(&one->arena, &one->root, f->path) &&
		    !(gone_is_compose(f->path) && gone_is_unnamed(&one->arena, &one->root, f->path)))
			return f->path;
	}
	return NULL;
}

static void say_missing(struct session *one, const char *path, struct found *f)
{
	f->pending = true;
	notice_say(&f->notice, one->state.dir, "file-missing",
		   text_aprintf(&one->arena, _("%s is not there any more. What brings it back:"), path));
	name_command(one, "apply", f);
}

/* What the sampler saw. It asks for nothing by itself, so that nothing is pending. */
static void say_watched(struct session *one, struct found *f)
{
	const char *texts[8];
	size_t n = session_notable(one, texts, ARRAY_SIZE(texts));

	for (size_t i = 0; i < n; i++)
		notice_say(&f->notice, one->state.dir, "watched", texts[i]);
}

/* For the exit code, which is that of a plan of the stack. */
static void take_down(const struct session *one, const char *why, struct found *f)
{
	f->misfit |= !plan_fits(&one->plan);
	f->failed |= why != NULL;
	f->edited |= !why && one->changes.conflicts > 0;
	f->pending |= !why && (changeset_to_do(&one->changes) || one->changes.conflicts > 0);
}

static void tell(struct session *one, struct found *f)
{
	const char *missing = NULL;
	struct status status = {.state = &one->state, .plan = &one->plan};
	const char *machine, *why;

	if (gone_is(&one->arena, &one->root, &one->state)) {
		say_gone(one, f);
		return;
	}
	missing = missing_file(one);
	if (missing)
		say_missing(one, missing, f);
	say_watched(one, f);
	/* What stays in the files the plan follows: before it, the plan promises what no apply does. */
	why = compare(one, f);
	machine = status_machine(&one->arena, &status);
	take_down(one, why, f);
	if (machine)
		say(one, machine, status_is_other_machine(&one->arena, &status), why, f);
	else if (!missing || !plan_fits(&one->plan) || why || one->changes.conflicts > 0)
		say_to_do(one, why, f);
	if (!why && one->changes.not_taken_over)
		say_running(one, f);
}

/* Checks one stack of the state directory, in a session of its own. A copy that somebody made of a store is none. */
static int look(const struct session *s, const char *store, struct found *f)
{
	struct session one;
	struct state state = {.present = false};
	int rc;

	session_init(&one);
	rc = state_load(&one.arena, store, &one.diags, &state);
	if (rc == 0 && state.present && state.dir && state_is_in_place(&one.arena, &state)) {
		f->stacks++;
		choose(s, &state, &one);
		rc = session_plan(&one);
		if (rc == 0 && one.state.present)
			tell(&one, f);
	}
	report_diags(&one);
	session_clear(&one);
	return rc;
}

static int look_at_all(struct session *s, const char *host, struct found *f)
{
	char **names;
	long n = session_stores(s, &names);
	int worst = 0;

	if (n < 0)
		return n == -ENOENT || session_roots_are_hidden(s) ? 0 : (int)n;
	for (long i = 0; i < n; i++) {
		int rc = look(s, arena_printf(&s->arena, "%s/%s", host, names[i]), f);

		worst = rc < 0 ? rc : worst;
	}
	return worst;
}

static enum exit_code code_of(const struct session *s, const struct found *f)
{
	if (!answer_on(&s->answers, ANSWER_EXIT_CODE))
		return EXIT_DONE;
	if (f->misfit)
		return EXIT_DOES_NOT_FIT;
	if (f->failed)
		return EXIT_FAILED;
	return f->edited ? EXIT_EDITED : f->pending ? EXIT_PENDING : EXIT_DONE;
}

/* A stack without state, after a purge or on another machine. */
static void say_forgotten(struct session *s, struct found *f)
{
	const char *dir = session_forgotten(s);

	/* One that was moved is told of already, and its state goes along. */
	if (!dir || STR_EQ(dir, f->moved))
		return;
	f->pending = true;
	notice_say(&f->notice, dir, "without-state",
		   text_aprintf(&s->arena,
				_("%s has a stack that vpsfit wrote, and its state is missing. To take it up again:"),
				dir));
	s->answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, dir, 0, NULL};
	name_command(s, "apply", f);
}

/* Returns false if standard output cannot be written. */
static bool show_found(const struct session *s, const struct found *f)
{
	struct strbuf out = STRBUF_INIT;
	bool written = true;

	if (answer_on(&s->answers, ANSWER_JSON)) {
		notice_json(&f->notice, f->pending, !f->misfit, &out);
		written = report_out(&out);
	} else if (!answer_on(&s->answers, ANSWER_QUIET)) {
		written = report_out(&f->notice.text);
	}
	strbuf_clear(&out);
	return written;
}

/*
 * Prints a few lines for every stack in the state directory whose machine has changed since its last apply, or to which
 * an apply has something to do. For boot and login. Changes nothing.
 */
enum exit_code command_notice(struct session *s)
{
	struct found f = {.stacks = 0};
	const char *host;
	bool written, hidden;
	int rc;

	if (session_open(s) < 0)
		return EXIT_FAILED;
	notice_begin(&f.notice);
	host = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	rc = look_at_all(s, host, &f);
	say_forgotten(s, &f);
	if (rc < 0)
		diag_add(&s->diags, SEV_ERROR, host, _("not every stack could be looked at: %s; nothing was changed"),
			 rc == -EBADMSG ? _("the reason is said above") : strerror(-rc))
			->hint = _("'vpsfit status --dir DIR' looks at one");
	hidden = session_roots_are_hidden(s);
	if (hidden)
		diag_note(&s->diags, "hidden-stacks", SEV_WARNING, ROOTS_STATE_DIR,
			  _("only root can see what root applied"))
			->hint = "sudo vpsfit notice";
	written = show_found(s, &f);
	notice_clear(&f.notice);
	if (rc < 0 || !written || (hidden && f.stacks == 0))
		return EXIT_FAILED;
	return code_of(s, &f);
}

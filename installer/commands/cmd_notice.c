/* SPDX-License-Identifier: MIT */
#include <errno.h>
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
#include "output/notice.h"
#include "output/status_text.h"

/* The result of checking all stacks. */
struct found {
	struct notice notice;
	size_t stacks;
	bool pending; /* an apply would change something */
	bool misfit;  /* an apply would be refused */
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

/* Compares without messages: those about single files are for plan to report. */
static bool compare(struct session *one)
{
	size_t before = one->diags.count;
	int rc = session_compare(one);

	one->diags.count = before;
	return rc == 0;
}

static void name_command(struct session *one, const char *name, struct found *f)
{
	struct strbuf command = STRBUF_INIT;

	command_line_there(one, name, &command);
	notice_command(&f->notice, strbuf_text(&command));
	strbuf_clear(&command);
}

static void say_held(struct session *one, struct found *f)
{
	const char *held = session_held_back(one);

	if (held)
		notice_more(&f->notice, held);
}

/* Tells what changed in the machine and what the suggested commands will do. */
static void say(struct session *one, const char *machine, bool known, struct found *f)
{
	bool fits = plan_fits(&one->plan);
	bool pending = known && (changeset_to_do(&one->changes) || one->changes.conflicts > 0);
	const char *what;

	f->misfit |= !fits;
	f->pending |= pending;
	if (!fits)
		what = text_aprintf(&one->arena, _("The stack does not fit it: %s. What would help:"),
				    status_misfit(&one->plan));
	else if (!known)
		what = _("What you can do:");
	else if (pending)
		what = _("What would change, and what changes it:");
	else
		what = _("The stack fits as it is; an apply records the change:");
	notice_say(&f->notice, one->state.dir, fits ? "machine-changed" : "does-not-fit",
		   text_aprintf(&one->arena,
				_("the machine has changed since the stack in %s was fitted to it: %s. %s"),
				one->state.dir, machine, what));
	if (!fits || !known || pending)
		name_command(one, "plan", f);
	if (fits && known)
		name_command(one, "apply", f);
	say_held(one, f);
}

/* What is written, and what the containers that run have. */
static void say_running(struct session *one, struct found *f)
{
	struct strbuf start = STRBUF_INIT;

	f->pending = true;
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
	if (w.moved)
		notice_command(&f->notice, w.moved);
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
	for (size_t i = 0; i < one->state.file_count; i++)
		if (status_of_file(&one->arena, &one->root, &one->plan, &one->state, &one->state.files[i]) ==
			    FILE_MISSING &&
		    !gone_renamed(&one->arena, &one->root, one->state.files[i].path))
			return one->state.files[i].path;
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

static void tell(struct session *one, struct found *f)
{
	const char *missing = NULL;
	struct status status = {.state = &one->state, .plan = &one->plan};
	const char *machine;
	bool known;

	if (gone_is(&one->arena, &one->root, &one->state)) {
		say_gone(one, f);
		return;
	}
	missing = missing_file(one);
	if (missing)
		say_missing(one, missing, f);
	say_watched(one, f);
	machine = status_machine(&one->arena, &status);
	if (!machine && one->machine.containers.count == 0)
		return;
	known = plan_fits(&one->plan) && compare(one);
	if (machine)
		say(one, machine, known, f);
	if (known && one->changes.not_taken_over)
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
	return f->misfit ? EXIT_DOES_NOT_FIT : f->pending ? EXIT_PENDING : EXIT_DONE;
}

/* A stack without state, after a purge or on another machine. */
static void say_forgotten(struct session *s, struct found *f)
{
	const char *dir = session_forgotten(s);

	if (!dir)
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
 * Prints a few lines for every stack in the state directory whose machine has changed since its last apply. For boot
 * and login. Changes nothing.
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

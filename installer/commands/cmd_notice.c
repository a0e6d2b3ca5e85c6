/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "changes/take_up.h"
#include "commands/run.h"
#include "session/command_line.h"
#include "commands/report.h"
#include "session/rights.h"
#include "core/i18n.h"
#include "core/text.h"
#include "output/status_text.h"

/* The result of checking all stacks. */
struct found {
	struct strbuf text;
	size_t stacks;
	bool pending; /* an apply would change something */
	bool misfit;  /* an apply would be refused */
};

/* "dir" in the state is the compose file of an adopted stack, the directory of vpsfit's own. */
static bool is_adopted(struct session *one, const struct state *state)
{
	const char *host;
	struct stat st;

	for (size_t i = 0; i < state->file_count; i++)
		if (STR_EQ(state->files[i].path, state->dir))
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

/* The plan's own warning about why it refuses. */
static const char *misfit(const struct plan *p)
{
	static const char *const codes[] = {"no-profile", "does-not-fit"};

	for (size_t k = 0; k < ARRAY_SIZE(codes); k++)
		for (size_t i = 0; i < p->warning_count; i++)
			if (STR_EQ(p->warnings[i].code, codes[k]))
				return p->warnings[i].text;
	return p->remedy ? p->remedy : "";
}

/* Puts the command on a line of its own without breaking it, so that it can be pasted. */
static void name_command(struct session *one, const char *name, struct strbuf *out)
{
	strbuf_fill(out, ' ', 10);
	command_line_there(one, name, out);
	strbuf_putc(out, '\n');
}

/* Tells what changed in the machine and what the suggested commands will do. */
static void say(struct session *one, const char *machine, struct found *f)
{
	bool fits = plan_fits(&one->plan), known = fits && compare(one);
	bool pending = known && (changeset_pending(&one->changes) || one->changes.conflicts > 0);
	const char *what;

	f->misfit |= !fits;
	f->pending |= pending;
	if (!fits)
		what = text_aprintf(&one->arena, _("The stack does not fit it: %s. What would help:"),
				    misfit(&one->plan));
	else if (!known)
		what = _("What can be said of it:");
	else if (pending)
		what = _("What would change, and what changes it:");
	else
		what = _("The stack fits as it is; an apply takes note:");
	style_wrapf(&f->text, "vpsfit:", 8, _("the machine has changed since the stack in %s was fitted to it: %s. %s"),
		    one->state.dir, machine, what);
	if (!fits || !known || pending)
		name_command(one, "plan", &f->text);
	if (fits && known)
		name_command(one, "apply", &f->text);
}

/* Checks one stack of the state directory, in a session of its own. */
static int look(const struct session *s, const char *store, struct found *f)
{
	struct session one;
	struct state state = {.present = false};
	struct status status;
	const char *machine;
	int rc;

	session_init(&one);
	rc = state_load(&one.arena, store, &one.diags, &state);
	if (rc == 0 && state.present && state.dir) {
		f->stacks++;
		one.answers = s->answers;
		one.answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
		one.answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, state.dir, 0, NULL};
		if (is_adopted(&one, &state))
			one.answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_FLAG, state.dir, 0, NULL};
		rc = session_plan(&one);
		status = (struct status){.state = &one.state, .plan = &one.plan};
		machine = rc == 0 && one.state.present ? status_machine(&one.arena, &status) : NULL;
		if (machine)
			say(&one, machine, f);
	}
	report_diags(&one);
	session_clear(&one);
	return rc;
}

static int look_at_all(struct session *s, const char *host, struct found *f)
{
	DIR *dir = opendir(host);
	const struct dirent *e;
	int worst = 0;

	if (!dir)
		return errno == ENOENT || session_roots_are_hidden(s) ? 0 : -errno;
	while ((e = readdir(dir))) {
		int rc = state_may_be_store(e->d_name) ? look(s, arena_printf(&s->arena, "%s/%s", host, e->d_name), f)
						       : 0;

		worst = rc < 0 ? rc : worst;
	}
	closedir(dir);
	return worst;
}

static enum exit_code code_of(const struct session *s, const struct found *f)
{
	if (!answer_on(&s->answers, ANSWER_EXIT_CODE))
		return EXIT_DONE;
	return f->misfit ? EXIT_DOES_NOT_FIT : f->pending ? EXIT_PENDING : EXIT_DONE;
}

/* Is there a stack without state, after a purge or on another machine? */
static bool is_stateless(struct session *s)
{
	return state_newest(&s->arena, s->store, 0) == 0 && !s->compose &&
	       take_up_is_callers(&s->arena, &s->root, &s->catalog.services, s->dir);
}

/*
 * Prints a few lines for every stack in the state directory whose machine has changed since its last apply. For boot
 * and login. Changes nothing.
 */
enum exit_code command_notice(struct session *s)
{
	struct found f = {.text = STRBUF_INIT};
	const char *host;
	bool written, hidden;
	int rc;

	if (session_open(s) < 0)
		return EXIT_FAILED;
	host = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	rc = look_at_all(s, host, &f);
	if (is_stateless(s)) {
		f.pending = true;
		style_wrapf(&f.text, "vpsfit:", 8,
			    _("In %s is a stack of vpsfit's without its state. What takes it up:"), s->dir);
		name_command(s, "apply", &f.text);
	}
	if (rc < 0)
		diag_add(&s->diags, SEV_ERROR, host, _("not every stack could be looked at: %s; nothing was changed"),
			 strerror(-rc))
			->hint = _("'vpsfit status --dir DIR' looks at one");
	hidden = session_roots_are_hidden(s);
	if (hidden)
		diag_note(&s->diags, "hidden-stacks", SEV_WARNING, ROOTS_STATE_DIR,
			  _("what was applied by root only root may look at"))
			->hint = "sudo vpsfit notice";
	written = answer_on(&s->answers, ANSWER_QUIET) || report_out(&f.text);
	strbuf_clear(&f.text);
	if (rc < 0 || !written || (hidden && f.stacks == 0))
		return EXIT_FAILED;
	return code_of(s, &f);
}

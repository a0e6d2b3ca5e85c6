/* SPDX-License-Identifier: MIT */
#include "wizard/wizard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/run.h"
#include "session/command_line.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "core/text.h"
#include "wizard/ui/signals.h"

#ifndef VPSFIT_VERSION
#define VPSFIT_VERSION "unknown"
#endif

const struct screen screens[] = {
	{"recover", wants_recover, screen_recover, SCREEN_NO_STEP},
	{"machine", NULL, screen_machine, SCREEN_STEP},
	{"profile", NULL, screen_profile, SCREEN_STEP},
	{"smaller", wants_smaller, screen_smaller, SCREEN_PART},
	{"fit", wants_fit, screen_fit, SCREEN_PART},
	{"swap", NULL, screen_swap, SCREEN_STEP},
	{"force", wants_force, screen_fit, SCREEN_PART},
	{"services", wants_services, screen_services, SCREEN_PART},
	{"adopted", wants_adopted, screen_adopted, SCREEN_PART},
	{"gateway", wants_gateway, screen_gateway, SCREEN_STEP},
	{"models", wants_gateway, screen_models, SCREEN_STEP},
	{"images", wants_images, screen_images, SCREEN_PART},
	{"conflicts", wants_conflicts, screen_conflicts, SCREEN_PART},
	{"review", NULL, screen_review, SCREEN_STEP},
	{"apply", wants_apply, screen_apply, SCREEN_NO_STEP},
	{"start", wants_start, screen_start, SCREEN_NO_STEP},
};
const size_t screen_count = ARRAY_SIZE(screens);

/* Somebody who sits at a terminal expects a full screen. */
static void say_why_plain(struct session *s)
{
	const char *term = getenv("TERM");

	show_progress(s, text_aprintf(&s->arena,
				      _("This terminal (TERM=%s) is not known here, so that vpsfit asks line by line; "
					"TERM=xterm-256color may do."),
				      term ? term : ""));
}

/*
 * Chooses the user interface for the terminal. NULL with an error if it is too small for full screen and --plain was
 * not given.
 */
static const struct ui_ops *choose_ui(struct session *s)
{
	if (answer_on(&s->answers, ANSWER_PLAIN))
		return &ui_plain;
	switch (ui_newt_fitness()) {
	case UI_FIT:
		return &ui_newt;
	case UI_CANNOT:
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			say_why_plain(s);
		return &ui_plain;
	case UI_TOO_SMALL:
		break;
	}
	diag_add(&s->diags, SEV_ERROR, NULL,
		 _("this terminal is smaller than %d columns and %d rows; nothing was written"), UI_MIN_COLUMNS,
		 UI_MIN_ROWS)
		->hint = _("make it larger, or run 'vpsfit --plain', which asks line by line");
	return NULL;
}

/* Prints commands to copy, each on a line of its own and without line breaks. */
static void print_end(struct wizard *w)
{
	struct session *s = w->s;
	struct strbuf out = STRBUF_INIT;

	(void)!show_next(s);
	strbuf_puts(&out, _("\nWhat was written, and what has changed since:\n\n  "));
	command_line_status(s, &out);
	strbuf_puts(&out, _("\n\nThe same without questions, for cloud-init or another machine:\n\n  "));
	command_line_render(s, &out);
	strbuf_puts(&out, "\n\n");
	command_line_note(s, &out);
	(void)!report_out(&out);
	strbuf_clear(&out);
}

/* Ends as the signal would have, now that the terminal is restored. */
static void die_of(int sig)
{
	if (sig == 0)
		return;
	raise(sig);
}

static enum exit_code end(struct wizard *w, enum step step, int sig)
{
	struct strbuf out = STRBUF_INIT;

	if (step == STEP_END || w->written) {
		print_end(w);
	} else {
		strbuf_puts(&out, _("Cancelled. Nothing was changed.\n"));
		(void)!report_out(&out);
		strbuf_clear(&out);
	}
	die_of(sig);
	if (w->code == EXIT_NO_ANSWER)
		return EXIT_NO_ANSWER;
	return (step == STEP_END && w->code == EXIT_DONE) || w->written ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code run(struct session *s, const struct ui_ops *ops)
{
	/* Without block characters: a screen reader would spell them. */
	struct ui ui = {ops, &s->arena, "vpsfit " VPSFIT_VERSION, {s->style.colour, false}};
	struct wizard w = {.s = s, .ui = &ui, .forced = answer_on(&s->answers, ANSWER_FORCE)};
	struct open_choice open;
	enum step step;
	int rc, sig;

	/* What somebody changed on purpose is not lost by one Enter too many. */
	memset(w.keep, true, sizeof(w.keep));

	rc = session_plan(s);
	if (rc == 0 && s->compose && !session_open_choice(s, &open))
		rc = session_compare(s);
	if (rc < 0)
		return rc == -EBADMSG || rc == -EACCES ? EXIT_FAILED : EXIT_USAGE;
	/* Pending messages would be lost behind the full screen. */
	report_diags(s);
	rc = ops->begin(&ui);
	if (rc < 0) {
		diag_add(&s->diags, SEV_ERROR, NULL, _("the terminal cannot be used: %s; nothing was written"),
			 strerror(-rc))
			->hint = _("run 'vpsfit --plain', which asks line by line, or 'vpsfit apply --yes'");
		return EXIT_NO_TERMINAL;
	}
	step = flow_run(&w, screens, screen_count);
	sig = signals_fatal();
	/* Nothing to write: just updates the state; failures are reported at the end. */
	if (step == STEP_END && !w.written && w.code != EXIT_NO_ANSWER)
		w.code = apply_prepared(s, NULL, NULL);
	ops->end(&ui);
	return end(&w, step, sig);
}

/* Answers that leave nothing to ask, or output for programs, mean apply. */
static bool is_apply(const struct answers *a)
{
	return answer_on(a, ANSWER_YES) || answer_on(a, ANSWER_JSON) || answer_on(a, ANSWER_QUIET) ||
	       answer_on(a, ANSWER_DRY_RUN) || answer_on(a, ANSWER_EXIT_CODE);
}

enum exit_code command_wizard(struct session *s)
{
	const struct ui_ops *ops;
	enum exit_code code;

	if (is_apply(&s->answers))
		return command_apply(s);
	code = need_terminal(s);
	if (code != EXIT_DONE)
		return code;
	ops = choose_ui(s);
	return ops ? run(s, ops) : EXIT_NO_TERMINAL;
}

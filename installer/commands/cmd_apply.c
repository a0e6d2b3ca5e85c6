/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands/run.h"
#include "session/watching.h"
#include "session/moved.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "core/text.h"
#include "output/changes_text.h"
#include "session/request.h"
#include "session/start.h"

static enum exit_code finish(struct session *s, bool written)
{
	const struct start_progress progress = {show_progress, s};

	s->applied = true;
	s->wrote = written;
	if (answer_on(&s->answers, ANSWER_START)) {
		if (!start_stack(s, &progress))
			return EXIT_NO_ANSWER;
	}
	return show_next(s) && show_later(s) ? EXIT_DONE : EXIT_FAILED;
}

/* Reports failures of the swap attempt as warnings, because apply goes on without swap. */
static void only_warn(struct session *s, size_t from)
{
	for (size_t i = from; i < s->diags.count; i++) {
		if (s->diags.items[i].severity != SEV_ERROR)
			continue;
		s->diags.items[i].severity = SEV_WARNING;
		s->diags.items[i].code = "not-done";
	}
}

/* The same answer as where it had been known before that there is no swap to be had. */
static enum exit_code refuse_without_swap(struct session *s)
{
	diag_add(&s->diags, SEV_ERROR, NULL,
		 _("no swap could be made, and without it the stack does not fit this machine; nothing was written"))
		->hint = _("--swap-file names another place for swap; --force writes the stack all the same");
	return EXIT_DOES_NOT_FIT;
}

/*
 * Swap that was not explicitly asked for never fails an apply: everything was put back, so apply again without it, if
 * the stack fits without.
 */
static enum exit_code apply_without_swap(struct session *s, const struct apply_request *req, const char *why,
					 size_t diags)
{
	only_warn(s, diags);
	s->no_swap = arena_printf(&s->arena, _("it was tried, and %s"), why);
	if (session_plan(s) < 0 || session_compare(s) < 0)
		return EXIT_FAILED;
	if (!plan_fits(&s->plan) && !answer_on(&s->answers, ANSWER_FORCE))
		return refuse_without_swap(s);
	diag_note(&s->diags, "not-done", SEV_WARNING, NULL,
		  _("no swap was made; the stack is written for this machine as it is%s"),
		  plan_fits(&s->plan) ? "" : _(", although it does not fit"))
		->hint =
		_("'vpsfit plan' shows what is missing; the next run tries again, once what was in the way is fixed, "
		  "or with --swap-file in another place");
	if (changeset_pending(&s->changes) && apply_changes(&s->arena, &s->changes, &s->plan, req, &s->diags) < 0)
		return EXIT_FAILED;
	return EXIT_DONE;
}

/* Before the first byte: Docker would refuse the port when the stack is written and half of it runs. */
static bool refuse_ports(struct session *s)
{
	const char *taken = plan_warning_text(&s->plan, "published-taken");

	if (taken)
		diag_add(&s->diags, SEV_ERROR, NULL, _("%s; nothing was written"), taken);
	return taken;
}

enum exit_code apply_prepared(struct session *s, void (*progress)(void *context, const char *text), void *context)
{
	struct apply_request req = session_request(s, progress);
	size_t diags = s->diags.count;
	enum exit_code code;
	const char *was = session_moved_stack(s), *swap_why = NULL;
	int rc;

	if (refuse_ports(s))
		return EXIT_USAGE;
	if (cannot_have_swap(s))
		return refuse_swap(s);
	if (session_take_along(s) < 0)
		return EXIT_FAILED;
	if (was)
		session_watch_moved(s, was);
	req.context = context;
	req.ret_swap_why = &swap_why;
	rc = apply_changes(&s->arena, &s->changes, &s->plan, &req, &s->diags);
	if (rc < 0 && swap_why && s->plan.swap.mode == SWAP_MODE_AUTO && !transaction_pending(&s->arena, s->store))
		code = apply_without_swap(s, &req, swap_why, diags);
	else
		code = rc == 0 ? EXIT_DONE : EXIT_FAILED;
	if (code == EXIT_DONE) {
		session_end_former(s, &req);
		s->applied = true;
		session_watch_refresh(s);
	}
	return code;
}

/* Nobody can agree to what was not shown: with --quiet too the changes stand before the question. */
static bool agreed(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool shown = true;

	if (answer_on(&s->answers, ANSWER_QUIET)) {
		changes_text(&s->arena, &s->changes, &s->style, &out);
		shown = report_out(&out);
	}
	strbuf_clear(&out);
	if (!shown)
		return false;
	if (report_ask(_("\nWrite this?")))
		return true;
	show_progress(s, _("Nothing was written."));
	return false;
}

static enum exit_code make_it_so(struct session *s)
{
	enum exit_code code = prepare(s);

	if (code == EXIT_DONE && answer_on(&s->answers, ANSWER_START) && !start_is_possible(s))
		code = EXIT_USAGE;
	if (code == EXIT_DONE && refuse_ports(s))
		code = EXIT_USAGE;
	if (code == EXIT_DONE && cannot_have_swap(s))
		code = refuse_swap(s);
	if (code == EXIT_DONE && !changeset_pending(&s->changes)) {
		const struct apply_request req = session_request(s, NULL);

		apply_note_secrets(&s->arena, &s->changes, &req);
	}
	if (code != EXIT_DONE)
		return code;
	/* Nothing to ask about: at most the state is updated. */
	if (!changeset_pending(&s->changes)) {
		code = apply_prepared(s, NULL, NULL);
		if (code == EXIT_DONE)
			code = finish(s, false);
		return code == EXIT_DONE && answer_on(&s->answers, ANSWER_EXIT_CODE) && !s->started &&
				       s->changes.not_taken_over
			       ? EXIT_PENDING
			       : code;
	}
	if (answer_on(&s->answers, ANSWER_EXIT_CODE) && !answer_on(&s->answers, ANSWER_YES))
		return EXIT_PENDING;
	if (!answer_on(&s->answers, ANSWER_YES) && !agreed(s))
		return EXIT_FAILED;
	code = apply_prepared(s, show_progress, s);
	return code == EXIT_DONE ? finish(s, true) : code;
}

enum exit_code command_apply(struct session *s)
{
	enum exit_code code;

	if (answer_on(&s->answers, ANSWER_DRY_RUN))
		return command_plan(s);
	code = need_terminal(s);
	if (code != EXIT_DONE)
		return code;
	if (session_recover(s) < 0)
		return EXIT_FAILED;
	s->asks = true;
	s->shows_later = answer_on(&s->answers, ANSWER_JSON) && answer_on(&s->answers, ANSWER_YES);
	code = make_it_so(s);
	return show_later(s) ? code : EXIT_FAILED;
}

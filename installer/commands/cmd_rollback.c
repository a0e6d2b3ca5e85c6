/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "apply/rollback.h"
#include "commands/run.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "session/rights.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "core/units.h"
#include "output/changes_text.h"
#include "output/json.h"
#include "session/command_line.h"
#include "session/look.h"
#include "session/request.h"

static enum exit_code refuse_edited(struct session *s, const struct rollback *r)
{
	for (size_t i = 0; i < r->edited_count; i++)
		diag_add(&s->diags, SEV_ERROR, r->edited[i],
			 _("was edited by hand since the apply; nothing was changed"))
			->hint = _(
			"--overwrite-edits goes back all the same and keeps a copy, --keep-edits leaves this file as it "
			"is");
	return EXIT_EDITED;
}

/* What the apply wrote was edited since and stays: to take back the step would only forget what was asked for. */
static enum exit_code refuse_nothing(struct session *s)
{
	diag_add(
		&s->diags, SEV_ERROR, s->dir,
		_("nothing to go back to: what that apply wrote was edited by hand since, and stays; nothing was changed"))
		->hint = _("--overwrite-edits goes back all the same, and keeps a copy of what was edited");
	return EXIT_EDITED;
}

static bool show(struct session *s, const struct rollback *r)
{
	struct strbuf out = STRBUF_INIT;
	bool written = true;

	if (answer_on(&s->answers, ANSWER_JSON))
		rollback_json(r, &out);
	else if (!answer_on(&s->answers, ANSWER_QUIET))
		rollback_text(r, &s->style, &out);
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

/*
 * Where nothing is left of the stack and it is found nowhere, its files come back if that is asked for, as long as an
 * earlier apply stays remembered. Else the rollback would end its memory, or write a second stack.
 */
static bool refuses_gone(struct session *s)
{
	if (answer_edits(&s->answers) == EDITS_OVERWRITE && gone_is(&s->arena, &s->root, &s->state) &&
	    !session_gone_ways(s, &s->state).moved && state_newest(&s->arena, s->store, s->state.entry) > 0)
		return false;
	return session_refuse_gone(s) < 0;
}

static enum exit_code build(struct session *s, struct apply_request *req, struct rollback *r)
{
	int rc;

	/* A dry run changes nothing, so it must not recover either. */
	if ((answer_on(&s->answers, ANSWER_DRY_RUN) ? session_open(s) : session_recover(s)) < 0)
		return EXIT_FAILED;
	session_services(s);
	/* What cannot be used is for its reader to mend; a stack that was moved would lose its memory. */
	if (state_load(&s->arena, s->store, &s->diags, &s->state) < 0 || refuses_gone(s))
		return EXIT_FAILED;
	*req = session_request(s, show_progress);
	rc = rollback_build(&s->arena, s->store, s->store_path, answer_edits(&s->answers), req, &s->diags, r);
	if (rc == -ENOENT && !session_refuse_roots(s))
		diag_add(&s->diags, SEV_ERROR, s->dir, _("no apply is remembered here; nothing was changed"))->hint =
			_("--dir names another stack, --state another state directory");
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Does all go that the apply wrote? What was taken up was there before. */
static bool takes_all(const struct rollback *r)
{
	for (size_t i = 0; i < r->t.count; i++)
		if (r->t.files[i].after.present)
			return false;
	return r->t.count > 0;
}

/* The stack runs, and its files go: Compose will find nothing here to stop it by. */
static void tell_of_running(struct session *s)
{
	const struct machine_containers *all = &s->machine.containers;
	struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].ours) {
			strbuf_putc(&names, ' ');
			shell_word(&names, all->items[i].name);
		}
	if (names.len > 0)
		diag_note(&s->diags, "rollback-running", SEV_WARNING, s->dir,
			  _("the stack runs, and goes on without its files, which this takes away"))
			->hint = arena_printf(&s->arena, "docker rm -f%s", strbuf_text(&names));
	strbuf_clear(&names);
}

/*
 * The state that holds after the rollback, and what it means on this machine, which may be a smaller one than that the
 * files were written for. Returns false if nothing of the stack is left then.
 */
static bool judge(struct session *s, const struct rollback *r)
{
	struct diag_list unheard;
	struct state then;
	char was[UNITS_TEXT], is[UNITS_TEXT];
	int64_t nominal;
	bool left, looked;

	diag_init(&unheard, &s->arena);
	left = state_load_below(&s->arena, s->store, r->t.undoes, &unheard, &then) == 0 && then.present;
	looked = session_detect(s) == 0;
	diag_clear(&unheard);
	if (!left && looked && takes_all(r))
		tell_of_running(s);
	if (!left || !looked)
		return false;
	nominal = s->machine.ram.nominal.value;
	if (then.nominal_mib > nominal)
		diag_note(&s->diags, "rollback-larger", SEV_WARNING, s->dir,
			  Q_("what comes back was fitted to %s (%s, %lld worker); this machine has %s",
			     "what comes back was fitted to %s (%s, %lld workers); this machine has %s", then.workers),
			  format_plan(then.nominal_mib, was), then.profile, (long long)then.workers,
			  format_plan(nominal, is))
			->hint = _("an apply fits it to this machine again, before it is started");
	return true;
}

/* As after an apply; in a session of its own, for the stack is another one now. */
static bool say_next(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	struct session now;
	bool written;

	if (answer_on(&s->answers, ANSWER_JSON) || answer_on(&s->answers, ANSWER_QUIET))
		return true;
	session_init(&now);
	now.answers = s->answers;
	now.style = s->style;
	now.took_back = true;
	if (session_plan(&now) == 0 && session_compare(&now) == 0) {
		written = show_next(&now);
	} else {
		text_printf(&out, "\n%s ", _("Done. To put the change into effect, run:"));
		command_line_start(s, &out);
		strbuf_putc(&out, '\n');
		written = report_out(&out);
	}
	strbuf_clear(&out);
	session_clear(&now);
	return written;
}

enum exit_code command_rollback(struct session *s)
{
	bool left;
	struct apply_request req;
	struct rollback r;
	enum exit_code code = answer_on(&s->answers, ANSWER_DRY_RUN) ? EXIT_DONE : need_terminal(s);

	if (code == EXIT_DONE)
		code = build(s, &req, &r);
	if (code != EXIT_DONE)
		return code;
	if (!show(s, &r))
		return EXIT_FAILED;
	if (r.nothing)
		return refuse_nothing(s);
	left = judge(s, &r);
	if (r.edited_count > 0 && answer_edits(&s->answers) != EDITS_OVERWRITE &&
	    (answer_on(&s->answers, ANSWER_YES) || answer_on(&s->answers, ANSWER_DRY_RUN)))
		return refuse_edited(s, &r);
	if (answer_on(&s->answers, ANSWER_DRY_RUN))
		return answer_on(&s->answers, ANSWER_EXIT_CODE) ? EXIT_PENDING : EXIT_DONE;
	if (!answer_on(&s->answers, ANSWER_YES) &&
	    !report_ask(r.edited_count > 0 ? _("\nSome files were edited since. Go back all the same?")
					   : _("\nGo back?"))) {
		show_progress(s, _("Nothing was changed."));
		return EXIT_FAILED;
	}
	if (rollback_run(&r) < 0)
		return EXIT_FAILED;
	if (!left && takes_all(&r))
		show_progress(s, _("Done: everything is as it was before the first apply."));
	return !left || say_next(s) ? EXIT_DONE : EXIT_FAILED;
}

/* SPDX-License-Identifier: MIT */
#include "commands/plan_steps.h"

#include <errno.h>

#include "apply/history.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "core/text.h"
#include "output/changes_text.h"
#include "output/json.h"
#include "output/next_text.h"
#include "output/plan_text.h"
#include "session/command_line.h"
#include "session/look.h"
#include "session/next_steps.h"

/* Shows the plan, and the changes if known. Returns false if standard output cannot be written. */
static bool show_plan(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	struct next_steps next;
	bool written;

	if (answer_on(&s->answers, ANSWER_QUIET) || s->shows_later)
		return true;
	if (s->applied)
		next_steps_find(s, &next);
	if (answer_on(&s->answers, ANSWER_JSON)) {
		plan_json(&s->plan, &s->answers, s->changes_known ? &s->changes : NULL, &s->diags,
			  s->applied ? &next : NULL, &out);
	} else {
		plan_text(&s->plan, &s->answers, &s->arena, &s->style, &out);
		if (s->changes_known) {
			strbuf_putc(&out, '\n');
			changes_text(&s->arena, &s->changes, &s->style, &out);
		}
	}
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

bool show_later(struct session *s)
{
	if (!s->shows_later)
		return true;
	s->shows_later = false;
	/* Without a plan there is nothing to show. */
	return !s->plan.profile || show_plan(s);
}

bool show_next(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	struct next_steps next;
	bool shown;

	if (answer_on(&s->answers, ANSWER_JSON) || answer_on(&s->answers, ANSWER_QUIET) || !s->changes_known)
		return true;
	next_steps_find(s, &next);
	strbuf_puts(&out, s->wrote || s->took_back ? _("\nDone. What to do now:\n\n")
						   : _("\nThere was nothing to change. What to do now:\n\n"));
	next_text(&next, &out);
	shown = report_out(&out);
	strbuf_clear(&out);
	return shown;
}

static enum exit_code refuse_misfit(struct session *s)
{
	diag_add(&s->diags, SEV_ERROR, NULL, _("the stack does not fit this machine; nothing was written"))->hint =
		s->plan.remedy;
	return EXIT_DOES_NOT_FIT;
}

static void refuse_conflict(struct session *s, const struct file_change *f, const struct value_change *v)
{
	struct diag *d =
		v->from[0] ? diag_add(&s->diags, SEV_ERROR, f->path,
				      _("%s was edited by hand: it is %s, vpsfit would write %s; nothing was written"),
				      v->label, v->from, v->to)
			   : diag_add(&s->diags, SEV_ERROR, f->path,
				      _("%s was taken out by hand, vpsfit would write %s; nothing was written"),
				      v->label, v->to);

	d->hint = _("--keep-edits keeps it, --overwrite-edits replaces it");
}

static size_t conflicts_in(const struct file_change *f)
{
	size_t n = 0;

	for (size_t k = 0; k < f->value_count; k++)
		n += f->values[k].conflict;
	return n;
}

/* A file that was checked out or restored: nobody edited it value by value. False: it is none that an apply left. */
static bool refuse_older(struct session *s, const struct file_change *f)
{
	const size_t n = conflicts_in(f);
	struct history_copy was;

	if (n <= 1 || !f->old_text ||
	    !history_find(&s->arena, &s->root, s->state.store, 0, f->path, f->old_text, f->old_len, &was))
		return false;
	diag_add(&s->diags, SEV_ERROR, f->path,
		 Q_("is as the apply of %s left it: %zu value differs from the last one's; nothing was written",
		    "is as the apply of %s left it: %zu values differ from the last one's; nothing was written", n),
		 was.time, n)
		->hint = _("--overwrite-edits fits it to this machine, --keep-edits keeps it");
	return true;
}

static enum exit_code refuse_conflicts(struct session *s)
{
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct file_change *f = &s->changes.files[i];

		if (refuse_older(s, f))
			continue;
		for (size_t k = 0; k < f->value_count; k++)
			if (f->values[k].conflict)
				refuse_conflict(s, f, &f->values[k]);
	}
	return EXIT_EDITED;
}

static const char *conflict_question(struct session *s, const struct file_change *f, const struct value_change *v)
{
	if (!v->from[0])
		return text_aprintf(&s->arena, _("%s: %s was taken out by hand. Write %s?"), f->path, v->label, v->to);
	return text_aprintf(&s->arena, _("%s: %s was edited by hand: it is %s. Write %s instead?"), f->path, v->label,
			    v->from, v->to);
}

/* Asks about each value edited by hand, then builds the change set again with the answers. */
static int ask_conflicts(struct session *s)
{
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct file_change *f = &s->changes.files[i];

		for (size_t k = 0; k < f->value_count; k++) {
			const struct value_change *v = &f->values[k];

			if (!v->conflict || s->decision_count == MAX_OWNED)
				continue;
			s->decisions[s->decision_count++] =
				(struct edit_decision){v->key, !report_ask(conflict_question(s, f, v))};
		}
	}
	return session_compare(s);
}

static bool may_ask(const struct session *s)
{
	return !answer_on(&s->answers, ANSWER_YES) && !answer_on(&s->answers, ANSWER_DRY_RUN) &&
	       !answer_on(&s->answers, ANSWER_JSON) && report_can_ask();
}

/*
 * Asks of each candidate whether it plays the part, until one does. Nobody may play it, but that of the workers: then
 * returns false.
 */
static bool ask_choice(struct session *s, const struct open_choice *c)
{
	const struct answer nobody = {ORIGIN_WIZARD, SERVICE_NONE, 0, NULL};
	const char *part = s->catalog.services.items[c->service].name;

	for (size_t i = 0; i < c->count; i++)
		if (report_ask(text_aprintf(&s->arena, _("%s: is the service '%s' the %s of this stack?"), s->compose,
					    c->candidates[i], part))) {
			const struct answer said = {ORIGIN_WIZARD, c->candidates[i], 0, NULL};

			session_choose_service(s, c->service, &said);
			return true;
		}
	if (s->catalog.services.items[c->service].part == PART_WORKERS)
		return false;
	session_choose_service(s, c->service, &nobody);
	return true;
}

static int compare(struct session *s)
{
	struct open_choice open;
	bool chosen = false;
	int rc = 0;

	while (s->asks && may_ask(s) && session_open_choice(s, &open)) {
		if (!ask_choice(s, &open))
			break;
		chosen = true;
	}
	/* Which service plays a part decides what else is counted. */
	if (chosen)
		rc = session_replan(s);
	return rc < 0 ? rc : session_compare(s);
}

/* Is the compose file named on the command line unusable? */
static bool compose_is_wrong(const struct session *s, int rc)
{
	return s->compose && (rc == -ENOENT || rc == -EINVAL || rc == -ENOTUNIQ || rc == -EFBIG);
}

/* Was the swap file named in this run, in a place that another user can write to? A remembered one is just not used. */
static bool swap_file_is_wrong(struct session *s)
{
	const struct machine *m = &s->machine;
	const enum swap_mode mode = answer_swap(&s->answers).mode;

	if (!m->swap_disk.others_write || !m->swap.possible ||
	    s->answers.of[ANSWER_SWAP_FILE].origin <= ORIGIN_REMEMBERED || mode == SWAP_MODE_NONE ||
	    mode == SWAP_MODE_DEVICE)
		return false;
	diag_add(&s->diags, SEV_ERROR, NULL, _("--swap-file: %s; nothing was written"), m->swap_disk.no_swap);
	return true;
}

/* An apply has finished it before. */
static void note_cut_off(struct session *s)
{
	if (session_cut_off(s))
		diag_note(&s->diags, "cut-off", SEV_WARNING, s->store_path,
			  _("an apply was interrupted; the plan compares with what it left"))
			->hint = _("'vpsfit recover' finishes it, and so does the next apply");
}

/* What is written, and what runs: containers keep what they were started with. */
static void note_running(struct session *s)
{
	struct strbuf start = STRBUF_INIT;

	if (!s->changes_known)
		return;
	command_line_start(s, &start);
	if (s->changes.not_taken_over)
		diag_note(&s->diags, "not-taken-over", SEV_WARNING, s->dir, _("written, but not in effect yet: %s"),
			  s->changes.not_taken_over)
			->hint = arena_strdup(&s->arena, strbuf_text(&start));
	if (s->changes.running_over)
		diag_note(&s->diags, "running-over", SEV_WARNING, s->dir, "%s", s->changes.running_over)->hint =
			_("recreated, the containers get the limits that are written");
	strbuf_clear(&start);
}

static void note_other_stacks(struct session *s)
{
	const char *others = session_other_stacks(s);

	if (others)
		diag_note(&s->diags, "other-stacks", SEV_INFO, s->dir,
			  _("other stacks are on this machine and do not run now, so that they are not counted: %s"),
			  others)
			->hint = _("plan again while they run");
}

/*
 * Prints the plan even if the exit code is 3 or the stack directory is foreign; a message then tells what an apply
 * would refuse. Prints none for a compose file that cannot be fitted.
 */
enum exit_code prepare(struct session *s)
{
	int compared, planned = session_plan(s);

	if (planned < 0)
		return planned == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	if (swap_file_is_wrong(s))
		return EXIT_USAGE;
	compared = compare(s);
	if (compared == 0 && s->changes.conflicts > 0 && s->asks && may_ask(s))
		compared = ask_conflicts(s);
	note_cut_off(s);
	/* A file that cannot be fitted has no plan: what there is would be that of another stack. */
	if (compared < 0 && compose_is_wrong(s, compared)) {
		s->shows_later = false;
		return EXIT_USAGE;
	}
	note_running(s);
	note_other_stacks(s);
	session_note_neighbours(s);
	if (!show_plan(s))
		return EXIT_FAILED;
	if (!plan_fits(&s->plan) && !answer_on(&s->answers, ANSWER_FORCE))
		return refuse_misfit(s);
	if (compared < 0)
		return EXIT_FAILED;
	return s->changes.conflicts > 0 ? refuse_conflicts(s) : EXIT_DONE;
}

void show_progress(void *session, const char *text)
{
	const struct session *s = session;
	struct strbuf line = STRBUF_INIT;

	if (answer_on(&s->answers, ANSWER_QUIET) || answer_on(&s->answers, ANSWER_JSON))
		return;
	text_printf(&line, "%s\n", text);
	/* Apply goes on if this fails; the last line of output decides the exit code. */
	(void)!report_out(&line);
	strbuf_clear(&line);
}

enum exit_code need_terminal(struct session *s)
{
	if (answer_on(&s->answers, ANSWER_YES) || report_can_ask())
		return EXIT_DONE;
	diag_add(&s->diags, SEV_ERROR, NULL, _("there is no terminal to ask on; nothing was written"))->hint =
		_("--yes goes on without asking");
	return EXIT_NO_TERMINAL;
}

/* If an explicit size or partition is impossible, nothing is done. */
enum exit_code refuse_swap(struct session *s)
{
	struct diag *d;

	if (s->plan.swap.mode == SWAP_MODE_DEVICE) {
		d = diag_add(&s->diags, SEV_ERROR, answer_swap(&s->answers).device,
			     _("cannot be used as swap: %s; nothing was written"), s->plan.swap.why);
		d->hint = _("--swap auto goes without swap where it has to");
		return EXIT_FAILED;
	}
	d = diag_add(&s->diags, SEV_ERROR, NULL, _("%lld MiB of swap were asked for: %s; nothing was written"),
		     (long long)answer_swap(&s->answers).mib, s->plan.swap.why);
	d->hint = _("choose another --swap-file or size, or --swap auto, which goes without swap where it has to");
	return EXIT_FAILED;
}

bool cannot_have_swap(const struct session *s)
{
	const struct plan_swap *swap = &s->plan.swap;

	return (swap->mode == SWAP_MODE_SIZE || swap->mode == SWAP_MODE_DEVICE) && swap->action == SWAP_ACT_IMPOSSIBLE;
}

#include "commands/plan_steps.h"

#include <errno.h>

#include "commands/report.h"
#include "core/i18n.h"
#include "output/changes_text.h"
#include "output/json.h"
#include "output/plan_text.h"

/* Shows the plan, and the changes where they are known. False where standard output cannot be written. */
static bool show_plan(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (s->answers.quiet || s->shows_later)
		return true;
	if (s->answers.json) {
		plan_json(&s->plan, s->changes_known ? &s->changes : NULL, &out);
	} else {
		plan_text(&s->plan, &s->style, &out);
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

static enum exit_code refuse_misfit(struct session *s)
{
	diag_add(&s->diags, SEV_ERROR, NULL, _("the stack does not fit this machine; nothing was written"))->hint =
		s->plan.remedy;
	return EXIT_DOES_NOT_FIT;
}

static void refuse_conflict(struct session *s, const struct file_change *f, const struct value_change *v)
{
	struct diag *d =
		v->from[0]
			? diag_add(&s->diags, SEV_ERROR, f->path,
				   _("%s was edited by hand: it is %s, vpsfit would write %s; nothing was written"),
				   v->label, v->from, v->to)
			: diag_add(&s->diags, SEV_ERROR, f->path,
				   _("%s was taken out by hand, vpsfit would write %s; nothing was written"), v->label,
				   v->to);

	d->hint = _("--keep-edits keeps it, --overwrite-edits replaces it");
}

static enum exit_code refuse_conflicts(struct session *s)
{
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct file_change *f = &s->changes.files[i];

		for (size_t k = 0; k < f->value_count; k++)
			if (f->values[k].conflict)
				refuse_conflict(s, f, &f->values[k]);
	}
	return EXIT_EDITED;
}

static const char *conflict_question(struct session *s, const struct file_change *f, const struct value_change *v)
{
	if (!v->from[0])
		return arena_printf(&s->arena, _("%s: %s was taken out by hand. Write %s?"), f->path, v->label, v->to);
	return arena_printf(&s->arena, _("%s: %s was edited by hand: it is %s. Write %s instead?"), f->path, v->label,
			    v->from, v->to);
}

/* One question for each value that was edited by hand; then the change set is made again with the answers. */
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
	return !s->answers.yes && !s->answers.dry_run && !s->answers.json && report_can_ask();
}

/* One question for each service that could play a part, until one does. False where none of them is to. */
static bool ask_choice(struct session *s, const struct open_choice *c)
{
	const char *part = service_name(c->service);

	for (size_t i = 0; i < c->count; i++)
		if (report_ask(arena_printf(&s->arena, _("%s: is the service '%s' the %s of this stack?"), s->compose,
					    c->candidates[i], part))) {
			s->answers.services[c->service] = c->candidates[i];
			return true;
		}
	return false;
}

static int compare(struct session *s)
{
	struct open_choice open;

	while (s->asks && may_ask(s) && session_open_choice(s, &open))
		if (!ask_choice(s, &open))
			break;
	return session_compare(s);
}

/* A compose file that was named on the command line, and is not what it should be. */
static bool compose_is_wrong(const struct session *s, int rc)
{
	return s->compose && (rc == -ENOENT || rc == -EINVAL || rc == -ENOTUNIQ || rc == -EFBIG);
}

/*
 * The plan is printed even where it ends with 3, and where the stack directory is somebody else's: then the message
 * says what an apply would refuse.
 */
enum exit_code prepare(struct session *s)
{
	int compared, planned = session_plan(s);

	if (planned < 0)
		return planned == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	compared = compare(s);
	if (compared == 0 && s->changes.conflicts > 0 && s->asks && may_ask(s))
		compared = ask_conflicts(s);
	if (!show_plan(s))
		return EXIT_FAILED;
	if (!plan_fits(&s->plan) && !s->answers.force)
		return refuse_misfit(s);
	if (compared < 0)
		return compose_is_wrong(s, compared) ? EXIT_USAGE : EXIT_FAILED;
	return s->changes.conflicts > 0 ? refuse_conflicts(s) : EXIT_DONE;
}

void show_progress(void *session, const char *text)
{
	const struct session *s = session;
	struct strbuf line = STRBUF_INIT;

	if (s->answers.quiet || s->answers.json)
		return;
	strbuf_printf(&line, "%s\n", text);
	/* The files are written all the same; the last line of output decides the exit code. */
	(void)!report_out(&line);
	strbuf_clear(&line);
}

enum exit_code need_terminal(struct session *s)
{
	if (s->answers.yes || report_can_ask())
		return EXIT_DONE;
	diag_add(&s->diags, SEV_ERROR, NULL, _("there is no terminal to ask on; nothing was written"))->hint =
		_("--yes goes on without asking");
	return EXIT_NO_TERMINAL;
}

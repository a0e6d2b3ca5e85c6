#include <errno.h>
#include <string.h>
#include <time.h>

#include "apply/apply.h"
#include "commands/command.h"
#include "commands/plan_steps.h"
#include "commands/report.h"

static void progress(void *context, const char *text)
{
	const struct session *s = context;
	struct strbuf line = STRBUF_INIT;

	if (s->answers.quiet || s->answers.json)
		return;
	strbuf_printf(&line, "%s\n", text);
	/* The files are written all the same; the last line of output decides the exit code. */
	(void)!report_out(&line);
	strbuf_clear(&line);
}

static const char *now(struct arena *a)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

static enum exit_code refuse_misfit(struct session *s)
{
	const struct plan *p = &s->plan;

	diag_add(&s->diags, SEV_ERROR, NULL, "the stack does not fit this machine; nothing was written")->hint =
		p->remedy;
	return EXIT_DOES_NOT_FIT;
}

static enum exit_code refuse_conflicts(struct session *s)
{
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct file_change *f = &s->changes.files[i];

		for (size_t k = 0; k < f->value_count; k++)
			if (f->values[k].conflict)
				diag_add(&s->diags, SEV_ERROR, f->path,
					 "%s was edited by hand: it is %s, vpsfit would write %s; nothing was written",
					 f->values[k].label, f->values[k].from, f->values[k].to)
					->hint = "--keep-edits keeps it, --overwrite-edits replaces it";
	}
	return EXIT_EDITED;
}

/*
 * Making swap is not this command's yet. A size that was asked for is refused before anything is written; advice is passed on
 * with the commands to follow it.
 */
static bool wants_swap(const struct session *s)
{
	return s->plan.swap.action == SWAP_ACT_CREATE || s->plan.swap.action == SWAP_ACT_RESIZE ||
	       s->plan.swap.action == SWAP_ACT_ACTIVATE;
}

static bool cannot_have_swap(const struct session *s)
{
	return s->plan.swap.action == SWAP_ACT_IMPOSSIBLE || (wants_swap(s) && sysroot_is_live(&s->root));
}

static enum exit_code refuse_swap(struct session *s)
{
	const char *why = s->plan.swap.action == SWAP_ACT_IMPOSSIBLE ? s->plan.swap.why
								     : "this version does not make swap";

	diag_add(&s->diags, SEV_ERROR, NULL, "%lld MiB of swap were asked for: %s; nothing was written",
		 (long long)s->answers.swap_mib, why)
		->hint = "make it by hand first, or use --swap auto or --swap none";
	return EXIT_FAILED;
}

static void advise_swap(struct session *s)
{
	const struct plan_swap *w = &s->plan.swap;
	struct diag *d = diag_add(&s->diags, SEV_WARNING, NULL,
				  "the plan counts on %lld MiB of swap, which this version does not make",
				  (long long)w->size_mib);

	if (w->action == SWAP_ACT_ACTIVATE)
		d->hint = arena_printf(&s->arena, "turn it on: swapon %s", w->path);
	else
		d->hint = arena_printf(&s->arena, "make it: fallocate -l %lldM %s && chmod 600 %s && mkswap %s && swapon %s",
				       (long long)w->size_mib, w->path, w->path, w->path, w->path);
}

static enum exit_code finish(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	bool written = true;

	if (wants_swap(s) && sysroot_is_live(&s->root))
		advise_swap(s);
	if (!s->answers.json && !s->answers.quiet) {
		if (s->plan.recommended)
			strbuf_printf(&out, "\nDone. Start it with: docker compose --project-directory %s up -d\n", s->dir);
		written = report_out(&out);
	}
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code prepare(struct session *s)
{
	int compared;

	if (session_plan(s) < 0)
		return EXIT_USAGE;
	compared = session_compare(s);
	if (!show_plan(s))
		return EXIT_FAILED;
	if (!plan_fits(&s->plan) && !s->answers.force)
		return refuse_misfit(s);
	if (compared < 0)
		return EXIT_FAILED;
	if (s->answers.swap == SWAP_SIZE && cannot_have_swap(s))
		return refuse_swap(s);
	return s->changes.conflicts > 0 ? refuse_conflicts(s) : EXIT_DONE;
}

enum exit_code command_apply(struct session *s)
{
	enum exit_code code;

	if (!s->answers.yes && !report_can_ask()) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 "there is no terminal to ask on; nothing was written")->hint = "--yes applies without asking";
		return EXIT_NO_TERMINAL;
	}
	code = prepare(s);
	if (code != EXIT_DONE || !changeset_pending(&s->changes))
		return code;
	if (s->answers.exit_code && !s->answers.yes)
		return EXIT_PENDING;
	if (!s->answers.yes && !report_ask("\nWrite this?"))
		return EXIT_FAILED;
	if (apply_changes(&s->arena, &s->changes, &s->plan, now(&s->arena), progress, s, &s->diags) < 0)
		return EXIT_FAILED;
	return finish(s);
}

/* A bare vpsfit on a terminal is an apply that asks. */
enum exit_code command_bare(struct session *s)
{
	return command_apply(s);
}

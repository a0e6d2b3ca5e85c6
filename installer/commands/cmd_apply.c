#include "commands/command.h"
#include "commands/plan_steps.h"
#include "commands/report.h"

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

	if (!s->answers.json && !s->answers.quiet) {
		strbuf_printf(&out, "\nDone. %s with: docker compose --project-directory %s up -d\n",
			      s->state.present ? "Take it over" : "Start it", s->dir);
		written = report_out(&out);
	}
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

enum exit_code apply_prepared(struct session *s, tx_progress progress, void *context)
{
	struct apply_request req = session_request(s, progress);

	req.context = context;
	if (s->answers.swap == SWAP_SIZE && cannot_have_swap(s))
		return refuse_swap(s);
	if (apply_changes(&s->arena, &s->changes, &s->plan, &s->answers, &req, &s->diags) < 0)
		return EXIT_FAILED;
	if (wants_swap(s) && sysroot_is_live(&s->root))
		advise_swap(s);
	return EXIT_DONE;
}

enum exit_code command_apply(struct session *s)
{
	enum exit_code code;

	if (s->answers.dry_run)
		return command_plan(s);
	code = need_terminal(s);
	if (code != EXIT_DONE)
		return code;
	if (session_recover(s) < 0)
		return EXIT_FAILED;
	s->asks = true;
	code = prepare(s);
	if (code == EXIT_DONE && s->answers.swap == SWAP_SIZE && cannot_have_swap(s))
		code = refuse_swap(s);
	if (code != EXIT_DONE || !changeset_pending(&s->changes))
		return code;
	if (s->answers.exit_code && !s->answers.yes)
		return EXIT_PENDING;
	if (!s->answers.yes && !report_ask("\nWrite this?"))
		return EXIT_FAILED;
	code = apply_prepared(s, show_progress, s);
	return code == EXIT_DONE ? finish(s) : code;
}

/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "apply/last_files.h"
#include "apply/store_move.h"
#include "changes/secrets_source.h"
#include "changes/gone.h"
#include "commands/plan_steps.h"
#include "commands/report.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "core/text.h"
#include "output/stacks_text.h"
#include "session/request.h"
#include "session/rights.h"
#include "session/watching.h"

/* The same command again has nothing to do. */
static enum exit_code refuse_unknown(struct session *s)
{
	const char *kept = arena_printf(&s->arena, "%s/" KEPT_ENV, s->store);

	if (access(kept, F_OK) == 0) {
		diag_note(&s->diags, "forgotten", SEV_INFO, s->dir, _("nothing is remembered here but the secrets"));
		return EXIT_DONE;
	}
	if (!session_refuse_roots(s))
		diag_add(&s->diags, SEV_ERROR, s->dir, _("no apply is remembered here; nothing was changed"))->hint =
			_("'vpsfit status' without --dir lists the stacks that are remembered");
	return EXIT_FAILED;
}

/* A stack that is there would be without its history, and be taken up again by the next apply. */
static enum exit_code refuse_there(struct session *s)
{
	diag_add(&s->diags, SEV_ERROR, s->dir, _("the stack is still there; nothing was changed"))->hint =
		_("--force forgets it all the same: then no rollback is left, and the next apply takes it up again");
	return EXIT_FAILED;
}

/* Is anything known that kept.env will have? */
static bool has_secrets(struct session *s)
{
	const char *known = NULL, *line;

	if (secrets_source_known(s->secrets, &s->arena, &s->root, s->store, &known) < 0)
		return true;
	for (line = known; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!strchr("#\r\n", *line))
			return true;
	return false;
}

static bool show(struct session *s)
{
	struct last_file files[STATE_MAX_FILES];
	const struct forgetting f = {.state = &s->state,
				     .secrets = has_secrets(s) ? arena_printf(&s->arena, "%s/" KEPT_ENV, s->store_path)
							       : NULL,
				     .files = last_files_find(&s->arena, &s->root, s->store, &s->state, files) > 0
						      ? last_files_dir(&s->arena, s->store_path, s->state.time)
						      : NULL};
	struct strbuf out = STRBUF_INIT;
	bool written = true;

	if (answer_on(&s->answers, ANSWER_JSON))
		forget_json(&f, &out);
	else if (!answer_on(&s->answers, ANSWER_QUIET))
		forget_text(&f, &out);
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

/* Ends the memory of a stack that is no more: state, history, what was asked for. Secrets and last files are kept. */
enum exit_code command_forget(struct session *s)
{
	const bool dry = answer_on(&s->answers, ANSWER_DRY_RUN);
	enum exit_code code = dry ? EXIT_DONE : need_terminal(s);
	struct apply_request req;

	if (code != EXIT_DONE)
		return code;
	if (session_open(s) < 0 || state_load(&s->arena, s->store, &s->diags, &s->state) < 0)
		return EXIT_FAILED;
	if (!s->state.present)
		return refuse_unknown(s);
	if (!s->compose && !gone_is(&s->arena, &s->root, &s->state) && !answer_on(&s->answers, ANSWER_FORCE))
		return refuse_there(s);
	if (!show(s))
		return EXIT_FAILED;
	if (dry)
		return EXIT_DONE;
	if (!answer_on(&s->answers, ANSWER_YES) && !report_ask(_("\nForget it?")))
		return EXIT_FAILED;
	req = session_request(s, NULL);
	if (store_forget(&s->arena, s->store, &s->state, &req, &s->diags) < 0)
		return EXIT_FAILED;
	session_watch_forget(s);
	return EXIT_DONE;
}

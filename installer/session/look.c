/* SPDX-License-Identifier: MIT */
#include "session/look.h"

#include <string.h>

#include "answers/table.h"
#include "apply/secrets.h"
#include "changes/gone.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "session/command_line.h"

static bool forget(struct answers *all, enum answer_id id, struct session *s, struct strbuf *said,
		   struct strbuf *free_it)
{
	const struct answer *one = &s->answers.of[id];

	if (one->origin != ORIGIN_REMEMBERED || !one->text)
		return false;
	all->of[id] = (struct answer){ORIGIN_FLAG, NULL, 0, NULL};
	strbuf_printf(said, "%s--%s ", said->len ? " " : "", answer_rows[id].name);
	shell_word(said, one->text);
	strbuf_printf(free_it, " --%s auto", answer_rows[id].name);
	return true;
}

/* "stays at what was asked for (--workers 1); '... --workers auto' would bring LARGE_VPS, 6 workers"; NULL: nothing. */
const char *session_held_back(struct session *s)
{
	struct strbuf said = STRBUF_INIT, command = STRBUF_INIT, free_it = STRBUF_INIT;
	struct answers all = s->answers;
	struct plan *other = arena_alloc(&s->arena, sizeof(*other));
	struct diag_list unheard = s->diags;
	const char *text = NULL;
	bool any = forget(&all, ANSWER_PROFILE, s, &said, &free_it);

	any |= forget(&all, ANSWER_WORKERS, s, &said, &free_it);
	command_line_there(s, "apply", &command);
	if (any && session_what_if(s, &all, other) == 0 && plan_fits(other) &&
	    (other->workers != s->plan.workers || !STR_EQ(other->profile->name, s->plan.profile->name)))
		text = text_aprintf(&s->arena,
				    Q_("it stays at what was asked for (%s); '%s%s' would bring %s, %lld worker",
				       "it stays at what was asked for (%s); '%s%s' would bring %s, %lld workers",
				       other->workers),
				    strbuf_text(&said), strbuf_text(&command), strbuf_text(&free_it),
				    other->profile->name, (long long)other->workers);
	s->diags.count = unheard.count;
	strbuf_clear(&said);
	strbuf_clear(&command);
	strbuf_clear(&free_it);
	return text;
}

/* The command for a stack that is gone: takes it along from where it is found, else ends its memory. */
const char *session_gone_command(struct session *s, const struct state *state)
{
	const struct gone_search q = {&s->arena, &s->root, &s->catalog.services, &secrets_kept, &s->machine};
	const char *where = gone_where(&q, state), *text;
	struct strbuf out = STRBUF_INIT;

	if (where) {
		strbuf_puts(&out, "vpsfit apply --dir ");
		shell_word(&out, where);
		strbuf_puts(&out, " --moved-from ");
	} else {
		strbuf_printf(&out, "vpsfit forget --%s ", gone_is_adopted(state) ? "compose" : "dir");
	}
	shell_word(&out, state->dir);
	if (answer_said(&s->answers, ANSWER_STATE)) {
		strbuf_puts(&out, " --state ");
		shell_word(&out, answer_text(&s->answers, ANSWER_STATE));
	}
	text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

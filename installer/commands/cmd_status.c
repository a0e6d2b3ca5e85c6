/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "changes/gone.h"
#include "apply/transaction.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "session/calibrating.h"
#include "session/running.h"
#include "session/command_line.h"
#include "session/look.h"
#include "session/moved.h"
#include "session/next_steps.h"
#include "commands/report.h"
#include "session/rights.h"
#include "output/stacks_text.h"
#include "output/status_text.h"

static bool show(struct session *s, const struct status *status)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (answer_on(&s->answers, ANSWER_JSON))
		status_json(&s->arena, status, &out);
	else if (!answer_on(&s->answers, ANSWER_QUIET))
		status_text(&s->arena, status, &s->style, &out);
	written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

static const char *command_for(struct session *s, const struct state *state)
{
	struct strbuf out = STRBUF_INIT;
	const struct answers asked = s->answers;
	const char *text, *compose = s->compose;

	s->compose = NULL;
	s->answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, state->dir, 0, NULL};
	s->answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
	if (gone_is_adopted(state)) {
		s->answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_FLAG, state->dir, 0, NULL};
		s->compose = state->dir;
	}
	command_line_there(s, "status", &out);
	s->answers = asked;
	s->compose = compose;
	text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* The stacks of the state directory. Those whose state cannot be read have errors in diags. */
static size_t known_stacks(struct session *s, struct known_stack **ret)
{
	char **names;
	long n = session_stores(s, &names);
	const char *dir = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	size_t count = 0;

	*ret = n > 0 ? arena_array(&s->arena, (size_t)n, sizeof(**ret)) : NULL;
	for (long i = 0; i < n; i++) {
		struct state *state = arena_alloc(&s->arena, sizeof(*state));

		if (state_load(&s->arena, arena_printf(&s->arena, "%s/%s", dir, names[i]), &s->diags, state) < 0 ||
		    !state->present || !state_is_in_place(&s->arena, state))
			continue;
		(*ret)[count++] =
			(struct known_stack){state, gone_is(&s->arena, &s->root, state), command_for(s, state)};
	}
	return count;
}

/* Nothing is in the default place, and nobody named another: the stacks that are elsewhere. */
static bool show_others(struct session *s, bool *ret_written)
{
	struct known_stack *all;
	struct strbuf out = STRBUF_INIT;
	size_t count;

	if (s->state.present || s->compose || answer_said(&s->answers, ANSWER_DIR))
		return false;
	count = known_stacks(s, &all);
	if (count == 0)
		return false;
	if (answer_on(&s->answers, ANSWER_JSON))
		stacks_json(all, count, &out);
	else if (!answer_on(&s->answers, ANSWER_QUIET))
		stacks_text(&s->arena, all, count, &out);
	*ret_written = report_out(&out);
	strbuf_clear(&out);
	return true;
}

static const char *rendered(struct session *s, void (*render)(struct session *s, struct strbuf *out))
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	render(s, &out);
	text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static void look(struct session *s, struct strbuf *out)
{
	command_line_there(s, "plan", out);
}

static void recover(struct session *s, struct strbuf *out)
{
	command_line_there(s, "recover", out);
}

static void take_up(struct session *s, struct strbuf *out)
{
	command_line_there(s, "apply", out);
}

static void fill_in_forgotten(struct session *s, struct status *status)
{
	const struct answer said = s->answers.of[ANSWER_DIR];

	status->stateless = s->state.present ? NULL : session_forgotten(s);
	if (!status->stateless)
		return;
	if (!STR_EQ(status->stateless, s->dir))
		s->answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, status->stateless, 0, NULL};
	status->take_up = rendered(s, take_up);
	s->answers.of[ANSWER_DIR] = said;
}

/* Returns false if the stack cannot be compared with its plan. */
static bool fill_in(struct session *s, struct status *status)
{
	status->gone = gone_is(&s->arena, &s->root, &s->state);
	status->cut_off = transaction_pending(&s->arena, s->store);
	status->look = rendered(s, look);
	status->recover = rendered(s, recover);
	fill_in_forgotten(s, status);
	for (size_t i = 0; status->gone && i < s->state.file_count; i++)
		status->fates[i] = FILE_MISSING;
	if (status->gone) {
		status->ways = session_gone_ways(s, &s->state);
		return false;
	}
	for (size_t i = 0; i < s->state.file_count; i++)
		status->fates[i] = status_of_file(&s->arena, &s->root, &s->plan, &s->state, &s->state.files[i]);
	if (!s->state.present)
		return true;
	status->misfit = status_misfit(&s->plan);
	status->held = session_held_back(s);
	if (session_compare(s) < 0)
		return status->cut_off;
	status->changes = &s->changes;
	if (changeset_kept(&s->changes, 0) >= 0)
		status->let_go = session_let_go(s);
	status->start = rendered(s, command_line_start);
	return true;
}

/* Shows what was applied and when, and what has changed since in the machine and the files. Changes nothing. */
enum exit_code command_status(struct session *s)
{
	struct status status = {.state = &s->state, .plan = &s->plan};
	struct next_steps next;
	int planned = session_plan(s);
	const char *watched[16];
	bool compared, written;
	size_t first;

	if (planned < 0)
		return planned == -EBADMSG ? EXIT_FAILED : EXIT_USAGE;
	if (session_refuse_roots(s))
		return EXIT_FAILED;
	compared = fill_in(s, &status);
	if (status.changes) {
		next_steps_find(s, &next);
		status.next = &next;
	}
	status.watched = watched;
	watched[0] = status.gone ? NULL : session_database_gone(s);
	first = watched[0] ? 1 : 0;
	status.watched_count =
		status.gone ? 0 : first + session_watched(s, watched + first, ARRAY_SIZE(watched) - first);
	if (!status.stateless && !status.cut_off && show_others(s, &written))
		return written ? EXIT_DONE : EXIT_FAILED;
	if (!show(s, &status))
		return EXIT_FAILED;
	if (!answer_on(&s->answers, ANSWER_EXIT_CODE))
		return EXIT_DONE;
	if (status.misfit)
		return EXIT_DOES_NOT_FIT;
	if (!compared)
		return EXIT_FAILED;
	return status_pending(&status) ? EXIT_PENDING : EXIT_DONE;
}

/* SPDX-License-Identifier: MIT */
#include "session/look.h"

#include <string.h>

#include "answers/table.h"
#include "changes/gone.h"
#include "changes/take_up.h"
#include "compose/env.h"
#include "core/address.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "session/command_line.h"
#include "session/compare.h"
#include "session/moved.h"

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

/* The workers that there would be if nothing of the files stayed as it was edited; 0: it cannot be told. */
static int64_t workers_without_edits(struct session *s)
{
	const struct what_stays was = s->stays;
	struct plan *other = arena_alloc(&s->arena, sizeof(*other));
	const size_t said = s->diags.count;
	int rc;

	session_forget_what_stays(s);
	rc = session_what_if(s, &s->answers, other);
	s->diags.count = said;
	s->stays = was;
	return rc == 0 && plan_fits(other) ? other->workers : 0;
}

/* "'... apply --overwrite-edits' lets go of that, for 6 workers": the way out of edits that are kept. */
const char *session_let_go(struct session *s)
{
	struct strbuf command = STRBUF_INIT;
	const int64_t workers = workers_without_edits(s);
	const char *text;

	command_line_there(s, "apply --overwrite-edits", &command);
	text = workers > 0 && workers != s->plan.wanted_workers
		       ? text_aprintf(&s->arena,
				      Q_("'%s' lets go of that, and plans %lld worker",
					 "'%s' lets go of that, and plans %lld workers", workers),
				      strbuf_text(&command), (long long)workers)
		       : text_aprintf(&s->arena, _("'%s' lets go of that"), strbuf_text(&command));
	strbuf_clear(&command);
	return text;
}

static struct gone_search search_of(struct session *s)
{
	return (struct gone_search){&s->arena, &s->root, &s->catalog.services, s->secrets, &s->machine};
}

/*
 * The directory of a stack of vpsfit's own that nothing is remembered of: the session's, or where nobody named one and
 * nothing is there, one that is elsewhere. NULL: there is none.
 */
const char *session_forgotten(struct session *s)
{
	const struct gone_search q = search_of(s);

	if (s->compose || state_newest(&s->arena, s->store, 0) != 0)
		return NULL;
	if (take_up_is_callers(&s->arena, &s->root, &s->catalog.services, s->dir))
		return s->dir;
	return answer_said(&s->answers, ANSWER_DIR) || sysroot_exists(&s->root, s->dir)
		       ? NULL
		       : gone_forgotten(&q, s->store, s->dir);
}

/* The commands for a stack that is gone. */
struct gone_ways session_gone_ways(struct session *s, const struct state *state)
{
	const struct gone_search q = search_of(s);

	return gone_ways(&q, state, gone_said_state(&s->answers));
}

/* Returns 0, or -ESTALE with an error if the session's stack is gone. Needs the state and the services. */
int session_refuse_gone(struct session *s)
{
	const struct gone_search q = search_of(s);

	return gone_refuse_state(&q, &s->state, gone_said_state(&s->answers), &s->diags);
}

static bool runs(const struct session *s, const struct state *other)
{
	for (size_t i = 0; i < s->machine.containers.count; i++) {
		const char *dir = s->machine.containers.items[i].working_dir;

		if (dir && strncmp(other->dir, dir, strlen(dir)) == 0)
			return true;
	}
	return false;
}

typedef void stack_visitor(struct session *s, const struct state *other, void *context);

/* The other stacks that are remembered and where their state says, NULL last. Each state is read once a run. */
static const struct state **others(struct session *s)
{
	const char *dir = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	struct diag_list unheard;
	size_t count = 0;
	char **names;
	long n = session_stores(s, &names);

	s->others = arena_array(&s->arena, (n > 0 ? (size_t)n : 0) + 1, sizeof(*s->others));
	diag_init(&unheard, &s->arena);
	for (long i = 0; i < n; i++) {
		const char *store = arena_printf(&s->arena, "%s/%s", dir, names[i]);
		struct state *one = arena_alloc(&s->arena, sizeof(*one));

		if (!STR_EQ(store, s->store) && !STR_EQ(store, s->state.store) &&
		    state_load(&s->arena, store, &unheard, one) == 0 && one->present && one->dir &&
		    state_is_in_place(&s->arena, one) && !gone_is(&s->arena, &s->root, one))
			s->others[count++] = one;
	}
	s->others[count] = NULL;
	diag_clear(&unheard);
	return s->others;
}

static void each_other(struct session *s, stack_visitor *visit, void *context)
{
	for (const struct state *const *one = s->others ? s->others : others(s); *one; one++)
		visit(s, *one, context);
}

static void list_quiet(struct session *s, const struct state *other, void *context)
{
	const char **list = context;

	if (!runs(s, other))
		*list = *list ? arena_printf(&s->arena, "%s, %s", *list, other->dir) : other->dir;
}

/*
 * Other stacks of this machine that do not run now: nothing of them is counted, and each plans with all of it. NULL:
 * there are none.
 */
const char *session_other_stacks(struct session *s)
{
	const char *list = NULL;

	each_other(s, list_quiet, &list);
	return list;
}

/* This stack's .env as it will be, and its name. */
struct self {
	const char *bind, *port, *project;
};

static const char *env_of(struct session *s, const char *dir)
{
	char *text;
	size_t len;

	return sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", dir), 0, &text, &len) == 0 ? text
													       : "";
}

static bool same_address(const char *x, const char *y)
{
	return STR_EQ(x, y) || address_is_any(x) || address_is_any(y);
}

static void note_shared(struct session *s, const struct state *other, void *context)
{
	const struct self *self = context;
	const char *env, *bind, *port, *project;

	if (gone_is_adopted(other))
		return;
	env = env_of(s, other->dir);
	bind = env_get(&s->arena, env, "GATEWAY_BIND");
	port = env_get(&s->arena, env, "GATEWAY_PORT");
	project = gone_project(&s->arena, &s->root, other->dir, NULL);
	if (self->bind && self->port && bind && port && STR_EQ(port, self->port) && same_address(bind, self->bind))
		diag_note(&s->diags, "shared-port", SEV_WARNING, s->dir,
			  _("the stack in %s listens on port %s too: only one of them can be started"), other->dir,
			  port)
			->hint = _("--port NUMBER gives this one another");
	if (self->project && project && STR_EQ(project, self->project))
		diag_note(&s->diags, "shared-project", SEV_WARNING, s->dir,
			  _("the stack in %s has the same name for Compose, '%s': starting one takes the place of the "
			    "other, with its volumes"),
			  other->dir, project)
			->hint = _("COMPOSE_PROJECT_NAME in .env tells them apart");
}

/* What this stack and others of the machine cannot both have. Needs the comparison. */
void session_note_neighbours(struct session *s)
{
	struct self self = {.project = s->changes.project};

	if (s->compose || !s->changes_known)
		return;
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct file_change *f = &s->changes.files[i];

		if (!STR_EQ(f->name, ".env") || !f->new_text)
			continue;
		self.bind = env_get(&s->arena, f->new_text, "GATEWAY_BIND");
		self.port = env_get(&s->arena, f->new_text, "GATEWAY_PORT");
	}
	each_other(s, note_shared, &self);
}

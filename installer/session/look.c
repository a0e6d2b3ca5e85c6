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

static const struct stack_service *service_of(const struct session *s, const struct machine_container *c)
{
	for (size_t i = 0; c->ours && c->service && i < s->stack.service_count; i++)
		if (STR_EQ(s->stack.services[i].name, c->service) && s->stack.services[i].part != NO_SERVICE)
			return &s->stack.services[i];
	return NULL;
}

static const char *mib_or_none(struct session *s, int64_t mib)
{
	return mib > 0 ? arena_printf(&s->arena, "%lld MiB", (long long)mib) : _("no limit");
}

static void compare(struct session *s, const struct machine_container *c, const struct stack_service *is,
		    struct strbuf *out)
{
	const bool workers = s->catalog.services.items[is->part].part == PART_WORKERS;
	const int64_t now = s->changes.workers_now;

	if (c->limit_known && c->limit_mib != is->limit_mib)
		text_printf(out, "%s%s", out->len ? "; " : "",
			    text_aprintf(&s->arena, _("%s runs with %s, the file says %s"), c->service,
					 mib_or_none(s, c->limit_mib), mib_or_none(s, is->limit_mib)));
	if (workers && c->workers > 0 && now > 0 && c->workers != now)
		text_printf(out, "%s%s", out->len ? "; " : "",
			    text_aprintf(&s->arena,
					 Q_("%s runs %lld worker, the file says %lld",
					    "%s runs %lld workers, the file says %lld", c->workers),
					 c->service, (long long)c->workers, (long long)now));
}

static bool holds_more_than_planned(const struct session *s)
{
	return fact_or_zero(&s->machine.ram.gateway) > s->plan.totals.containers_mib + s->plan.totals.optional_mib;
}

/* The container of the stack that holds most. */
static const char *largest(const struct session *s)
{
	const struct machine_containers *all = &s->machine.containers;
	const struct machine_container *most = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].ours && (!most || fact_or_zero(&all->items[i].use) > fact_or_zero(&most->use)))
			most = &all->items[i];
	return most ? most->name : "";
}

/*
 * Fills in what the changes say of running containers: limits and counts are written, and a container keeps those that
 * it was started with until it is made anew. Needs the comparison.
 */
void session_look_at_running(struct session *s)
{
	const struct machine *m = &s->machine;
	const int64_t system = s->plan.totals.system_mib, all = fact_or_zero(&m->ram.containers);
	struct strbuf out = STRBUF_INIT;

	s->changes.not_taken_over = s->changes.running_over = NULL;
	for (size_t i = 0; s->stack.known && !s->stack.fresh && i < m->containers.count; i++) {
		const struct stack_service *is = service_of(s, &m->containers.items[i]);

		if (is)
			compare(s, &m->containers.items[i], is, &out);
	}
	if (out.len > 0)
		s->changes.not_taken_over = arena_strdup(&s->arena, strbuf_text(&out));
	if (all + system > s->plan.ram_mib && (out.len > 0 || holds_more_than_planned(s)))
		s->changes.running_over = text_aprintf(
			&s->arena,
			_("containers hold %lld MiB now and the system needs %lld: that is more than the %lld MiB of RAM; "
			  "%s holds most, stop it before anything else is started"),
			(long long)all, (long long)system, (long long)s->plan.ram_mib, largest(s));
	strbuf_clear(&out);
}

static bool forget(struct answers *all, enum answer_id id, struct session *s, struct strbuf *said, struct strbuf *free_it)
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
				    strbuf_text(&said), strbuf_text(&command), strbuf_text(&free_it), other->profile->name,
				    (long long)other->workers);
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

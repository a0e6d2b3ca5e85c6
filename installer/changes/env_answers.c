/* SPDX-License-Identifier: MIT */
/* Lines of .env that answers give: the address and the port that the gateway listens on. */
#include <string.h>

#include "changes/building.h"
#include "compose/env.h"
#include "compose/variables.h"
#include "core/discreet.h"
#include "core/i18n.h"

/* Does any of the stack's compose files read the variable? What is not understood may. */
static bool is_read(const struct building *b, const char *name)
{
	if (b->project->partial || b->project->included)
		return true;
	for (size_t i = 0; i < b->project->file_count; i++)
		if (variable_in_text(b->project->files[i].doc->text, name))
			return true;
	return false;
}

/* The option whose value a line of .env is. */
static void tell_of_unread(const struct building *b, enum answer_id id, const char *key, const char *path)
{
	if (!is_read(b, key))
		diag_note(b->diags, "answer-unread", SEV_WARNING, path,
			  _("--%s has no effect: no compose file reads %s any more"),
			  id == ANSWER_PORT ? "port" : "bind", key)
			->hint = _("write it into the ports of the compose file, or put the variable back there");
}

/* Addresses and ports are no secret. */
static const char *shown(struct arena *a, const char *value)
{
	return discreet_is_harmless(a, SHAPE_PORTS, value) ? value : values_shown(a, value);
}

/*
 * A line of .env that an answer gives. A person may have changed it since: the same answer again, as cloud-init gives
 * it at every first start, then changes nothing, and another one is asked about like any edit.
 */
static int set_answer(struct building *b, struct env_file *env, enum answer_id id, const char *key, const char *value)
{
	struct file_change *f = &env->change;
	const char *now = env_get(b->a, f->new_text, key);
	struct whole *w = arena_alloc(b->a, sizeof(*w));
	const struct state_value *was;

	if (value)
		tell_of_unread(b, id, key, f->path);
	*w = (struct whole){.file = ".env",
			    .key = arena_printf(b->a, "%s:%s", ".env", key),
			    .label = key,
			    .now = now ? now : "",
			    .wanted = value ? value
				      : now ? now
					    : "",
			    .from = now ? shown(b->a, now) : "",
			    .to = value ? value : "",
			    .fresh = !f->old_text || !now};
	w->expected = w->now;
	was = state_find(&b->set->state, w->key);
	whole_decide(b, w);
	if (w->conflict && was && STR_EQ(was->written, w->wanted))
		w->conflict = w->edited = false;
	if (value && w->kept && !w->conflict)
		diag_note(b->diags, "answer-kept-out", SEV_WARNING, f->path,
			  _("%s was changed by hand to %s, and stays; --%s %s does not undo that"), key,
			  shown(b->a, w->now), id == ANSWER_PORT ? "port" : "bind", value)
			->hint = _("--overwrite-edits writes what is asked for");
	b->env_answers[id == ANSWER_PORT] = w;
	return w->change && value ? env_files_set(b, env, key, value) : 0;
}

/* The lines that answers give, with the values that are owned. */
void env_answers_record(struct building *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(b->env_answers); i++) {
		const struct whole *w = b->env_answers[i];
		const struct state_value *was = w ? state_find(&b->set->state, w->key) : NULL;
		const size_t at = b->set->owned_count;

		if (!w || !w->wanted[0])
			continue;
		whole_record(b, w, &b->envs[0].change);
		/* Nobody asked for another value: the last one that vpsfit wrote is still that. */
		if (b->set->owned_count > at && !w->change && was && was->written[0])
			b->set->written[at] = was->written;
	}
}

/* IPv6 addresses need brackets in Compose's short port syntax. */
static const char *bind_text(const struct building *b)
{
	const char *bind = answer_text(b->req->answers, ANSWER_BIND);

	return bind && strchr(bind, ':') ? arena_printf(b->a, "[%s]", bind) : bind;
}

/*
 * Plans the lines of .env that answers give; without an answer they stay. env_files_plan_own has read the file. Returns
 * 0, or -EINVAL with an error.
 */
int env_answers_plan(struct building *b)
{
	struct env_file *env = &b->envs[0];
	int rc = set_answer(b, env, ANSWER_BIND, "GATEWAY_BIND", bind_text(b));
	return rc < 0 ? rc : set_answer(b, env, ANSWER_PORT, "GATEWAY_PORT", answer_text(b->req->answers, ANSWER_PORT));
}

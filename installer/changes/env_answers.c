/* SPDX-License-Identifier: MIT */
/* Lines of .env that answers give: the address and the port that the gateway listens on. */
#include <string.h>

#include "changes/building.h"
#include "changes/gone.h"
#include "compose/env.h"
#include "compose/variables.h"
#include "core/docker_name.h"
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
			    .from = now ? values_shown(b->a, now) : "",
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
			  values_shown(b->a, w->now), id == ANSWER_PORT ? "port" : "bind", value)
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

/* Was it started where it is now? Then its name there is the one that its data has. */
static bool runs_here(const struct building *b)
{
	const struct machine_containers *all = &b->req->plan->machine->containers;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].working_dir && STR_EQ(all->items[i].working_dir, b->req->dir))
			return true;
	return false;
}

/*
 * Compose names a stack's volumes after its directory: one that was moved to a directory of another name would start
 * with empty ones, beside containers that go on. Returns the name that it had; NULL: it still has it.
 */
const char *env_answers_former_project(const struct building *b)
{
	const char *now = gone_project(b->a, b->req->root, b->req->dir, b->req->compose), *was, *base;

	base = b->req->moved_from ? strrchr(b->req->moved_from, '/') : NULL;
	if (!base || !now || runs_here(b) || gone_says_project(b->a, b->req->root, b->req->dir))
		return NULL;
	was = docker_project_name(b->a, base + 1);
	/* One that .env or the file says went along with them. */
	base = strrchr(b->req->dir, '/');
	return !was[0] || STR_EQ(was, now) || !STR_EQ(now, docker_project_name(b->a, base + 1)) ? NULL : was;
}

static int keep_project(struct building *b, struct env_file *env)
{
	const char *was = env_answers_former_project(b);

	if (!was)
		return 0;
	diag_note(
		b->diags, "project-kept", SEV_INFO, env->change.path,
		_("COMPOSE_PROJECT_NAME=%s keeps the name that Compose knows this stack by: its volumes are named after it"),
		was);
	return env_files_set(b, env, "COMPOSE_PROJECT_NAME", was);
}

/* Any mention counts: a person may pass it on in another way than vpsfit's own file does. */
static bool is_mentioned(const struct building *b, const char *name)
{
	for (size_t i = 0; i < b->project->file_count; i++)
		if (strstr(b->project->files[i].doc->text, name) || strstr(b->project->files[i].doc->text, "env_file"))
			return true;
	return b->project->partial || b->project->included;
}

/* A stack of an earlier version passes on the keys of the providers that it knew. */
static void tell_of_unread_keys(const struct building *b, const struct env_file *env)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const char *key = env_provider_keys[i];

		if (env_has(b->a, env->change.new_text, key) && !is_mentioned(b, key))
			diag_note(b->diags, "provider-key-unread", SEV_WARNING, env->change.path,
				  _("%s is there, and no compose file reads it: no model of that provider answers"),
				  key)
				->hint = arena_printf(
				b->a,
				_("put the line %s: \"${%s:-}\" into the environment of litellm in compose.yaml, and the "
				  "provider's models into litellm/config.yaml, as in %s/templates"),
				key, key, b->req->data_dir);
	}
}

/*
 * Plans the lines of .env that answers give; without an answer they stay. env_files_plan_own has read the file. Returns
 * 0, or -EINVAL with an error.
 */
int env_answers_plan(struct building *b)
{
	struct env_file *env = &b->envs[0];
	int rc = keep_project(b, env);

	tell_of_unread_keys(b, env);
	if (rc == 0)
		rc = set_answer(b, env, ANSWER_BIND, "GATEWAY_BIND", bind_text(b));
	return rc < 0 ? rc : set_answer(b, env, ANSWER_PORT, "GATEWAY_PORT", answer_text(b->req->answers, ANSWER_PORT));
}

/* SPDX-License-Identifier: MIT */
/* Lines of .env that answers give: the address and the port that the gateway listens on, and its name. */
#include <string.h>

#include "changes/building.h"
#include "compose/env.h"
#include "compose/variables.h"
#include "core/address.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"

static const struct {
	enum answer_id id;
	const char *flag, *key;
} lines[ENV_ANSWERS] = {
	{ANSWER_BIND, "bind", "GATEWAY_BIND"},
	{ANSWER_PORT, "port", "GATEWAY_PORT"},
	{ANSWER_DOMAIN, "domain", "GATEWAY_DOMAIN"},
};

/* Its text with blanks in place of the services' commands: there an address is looked at, and nothing listens. */
static const char *without_commands(const struct building *b, const struct yaml_doc *doc)
{
	const struct yaml_node *services = yaml_get(doc->root, "services");
	char *text = arena_strdup(b->a, doc->text);

	for (size_t i = 0; services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		const struct yaml_node *command = yaml_get(services->items[i + 1], "command");

		if (command)
			memset(text + command->start, ' ', command->end - command->start);
	}
	return text;
}

/* Does any of the stack's compose files read the variable? What is not understood may. */
static bool is_read(const struct building *b, const char *name)
{
	if (b->project->partial || b->project->included)
		return true;
	for (size_t i = 0; i < b->project->file_count; i++)
		if (variable_in_text(without_commands(b, b->project->files[i].doc), name))
			return true;
	return false;
}

/* The option whose value a line of .env is. */
static void tell_of_unread(const struct building *b, size_t line, const char *path)
{
	const char *said = answer_text(b->req->answers, lines[line].id);

	if (!is_read(b, lines[line].key))
		diag_note(b->diags, "answer-unread", SEV_WARNING, path,
			  _("--%s has no effect: no compose file reads %s any more"), lines[line].flag, lines[line].key)
			->hint =
			lines[line].id == ANSWER_DOMAIN && said
				? text_aprintf(b->a,
					       _("'vpsfit apply --domain %s' puts the service in again that does; "
						 "--domain none forgets the name"),
					       said)
				: _("write it into the ports of the compose file, or put the variable back there");
}

/* Addresses and ports are no secret. */
static const char *shown(struct arena *a, const char *value)
{
	return discreet_is_harmless(a, SHAPE_PORTS, value) ? value : values_shown(a, value);
}

/* The answer of an earlier run; NULL: there was none. */
static const char *said_before(const struct building *b, size_t line)
{
	const struct state *was = b->req->state;

	for (size_t i = 0; i < was->answer_count; i++)
		if (STR_EQ(was->answers[i].name, lines[line].flag))
			return was->answers[i].text;
	return NULL;
}

/* Is it another answer than the one before, given in this run? */
static bool is_new_answer(const struct building *b, size_t line)
{
	const struct answer *said = &b->req->answers->of[lines[line].id];
	const char *before = said_before(b, line);

	return said->origin > ORIGIN_REMEMBERED && said->text && !(before && STR_EQ(before, said->text));
}

/* An edit stays where nobody asks for something else than before; a new answer is for a person to decide about. */
static void decide(const struct building *b, size_t line, struct whole *w)
{
	const struct state_value *was = state_find(&b->set->state, w->key);
	const struct answer *said = &b->req->answers->of[lines[line].id];

	whole_decide(b, w);
	if (w->kept && is_new_answer(b, line)) {
		w->edited = true;
		w->conflict = values_policy(b, w->key) == EDITS_ASK;
	} else if (w->conflict && (said->origin > ORIGIN_REMEMBERED || (was && STR_EQ(was->written, w->wanted)))) {
		w->conflict = w->edited = false;
	}
}

/*
 * A line of .env that an answer gives. A person may have changed it since: the same answer again, as cloud-init gives
 * it at every first start, then changes nothing, and another one is asked about like any edit.
 */
static int set_answer(struct building *b, struct env_file *env, size_t line, const char *value)
{
	struct file_change *f = &env->change;
	const char *key = lines[line].key;
	const char *now = env_get(b->a, f->new_text, key);
	struct whole *w = arena_alloc(b->a, sizeof(*w));

	if (value)
		tell_of_unread(b, line, f->path);
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
	decide(b, line, w);
	if (value && w->kept && !w->conflict)
		diag_note(b->diags, "answer-kept-out", SEV_WARNING, f->path,
			  _("%s was changed by hand to %s, and stays; --%s %s does not undo that"), key,
			  shown(b->a, w->now), lines[line].flag, value)
			->hint = _("--overwrite-edits writes what is asked for");
	b->env_answers[line] = w;
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

size_t env_answers_tls(const struct building *b)
{
	const struct service_set *set = b->req->plan->set;

	for (size_t s = 0; s < set->count; s++)
		if (set->items[s].answer == ANSWER_DOMAIN && b->set->layout.services[s])
			return s;
	return NO_SERVICE;
}

/*
 * Behind the TLS proxy the gateway listens for this machine alone, and leaves the proxy its ports, whatever the file
 * said before.
 */
static const char *behind_tls(const struct building *b, const struct env_file *env, size_t line, size_t tls,
			      const char *said)
{
	const char *now = env_get(b->a, env->change.new_text, lines[line].key);
	const struct service *one;
	uint64_t port;

	if (tls == NO_SERVICE || said || !now)
		return said;
	if (lines[line].id == ANSWER_BIND)
		return address_is_loopback(now) ? NULL : "127.0.0.1";
	one = &b->req->plan->set->items[tls];
	for (size_t i = 0; i < one->publish_count; i++)
		if (parse_uint(now, 65535, &port) && (int64_t)port == one->publishes[i])
			return "8080";
	return NULL;
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

/* The proxy runs in a container, and asks the server from there. */
static void tell_of_own_container(const struct building *b, const struct env_file *env)
{
	const char *key = env_provider_keys[PROVIDER_LOCAL];
	const char *base = env_get(b->a, env->change.new_text, key);

	if (base && address_url_is_loopback(base))
		diag_note(
			b->diags, "local-is-container", SEV_WARNING, env->change.path,
			_("%s leads to the container of litellm itself, and not to this machine: no model of your own "
			  "server answers"),
			key)
			->hint = _("write an address that a container reaches, such as this machine's own "
				   "(http://192.0.2.10:11434/v1), and have the server listen on it");
}

/*
 * Plans the lines of .env that answers give; without an answer they stay. env_files_plan_own has read the file. Returns
 * 0, or -EINVAL with an error.
 */
int env_answers_plan(struct building *b)
{
	struct env_file *env = &b->envs[0];
	const size_t tls = env_answers_tls(b);
	const char *const values[ENV_ANSWERS] = {behind_tls(b, env, 0, tls, bind_text(b)),
						 behind_tls(b, env, 1, tls, answer_text(b->req->answers, ANSWER_PORT)),
						 tls == NO_SERVICE ? NULL : answer_domain(b->req->answers)};
	int rc = 0;

	tell_of_unread_keys(b, env);
	tell_of_own_container(b, env);
	for (size_t i = 0; rc == 0 && i < ENV_ANSWERS; i++)
		rc = set_answer(b, env, i, values[i]);
	return rc;
}

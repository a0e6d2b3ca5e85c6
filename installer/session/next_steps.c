/* SPDX-License-Identifier: MIT */
#include "session/next_steps.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/env.h"
#include "core/address.h"
#include "core/i18n.h"
#include "core/packages.h"
#include "core/strbuf.h"
#include "core/text.h"
#include "core/units.h"
#include "session/command_line.h"
#include "session/front.h"

/* An ordinary user may listen from here on (net.ipv4.ip_unprivileged_port_start). */
#define FIRST_FREE_PORT 1024

struct finding {
	struct session *s;
	struct next_steps *steps;
};

static void add(const struct finding *f, const char *code, const char *text, const char *command)
{
	if (f->steps->count < MAX_NEXT_STEPS)
		f->steps->items[f->steps->count++] = (struct next_step){code, text, command, false};
}

static void add_daily(const struct finding *f, const char *code, const char *label, const char *command)
{
	add(f, code, label, command);
	f->steps->items[f->steps->count - 1].daily = true;
}

static const char *compose(const struct finding *f, const char *command)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	command_line_compose(f->s, command, &out);
	text = arena_strdup(&f->s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* The file as it is after this run: what is only planned does not count. */
static const char *text_of(const struct finding *f, const char *name)
{
	const struct changeset *c = &f->s->changes;

	for (size_t i = 0; f->s->changes_known && i < c->count; i++)
		if (STR_EQ(c->files[i].name, name))
			return f->s->wrote ? c->files[i].new_text : c->files[i].old_text;
	return NULL;
}

static bool runs(const struct finding *f)
{
	const struct machine_containers *all = &f->s->machine.containers;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].ours)
			return true;
	return false;
}

/* The text tells where to look if this distribution's packages are not known. */
static void engine_step(const struct finding *f)
{
	const struct machine *m = &f->s->machine;
	const char *how;

	if (!m->engine.docker && virt_is_application(m->virt.kind)) {
		add(f, "install-engine", _("Run vpsfit on the host of this container, where the engine is."), NULL);
	} else if (!m->engine.docker) {
		how = packages_engine(&f->s->arena, &m->distro, &m->engine);
		add(f, "install-engine",
		    how ? virt_is_container(m->virt.kind)
				    ? _("Install Docker and Compose (the host of this container must allow an engine in it):")
				    : _("Install Docker and Compose:")
			: _("Install Docker and Compose, as https://docs.docker.com/engine/install says."),
		    how);
	} else if (!m->engine.compose) {
		how = packages_compose(&f->s->arena, &m->distro, &m->engine);
		add(f, "install-compose",
		    how ? _("Install Compose:")
			: _("Install Compose, as https://docs.docker.com/compose/install says."),
		    how);
	}
}

/* What follows `what` on the next line that has it and is no comment; NULL: no line has. */
static const char *behind(const char *text, const char *what)
{
	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		if (line[strspn(line, " \t")] != '#')
			return at + strlen(what);
	}
	return NULL;
}

/* "sk-..." is how an example writes a key. */
static bool is_value(const char *value)
{
	size_t quote = value[0] == '"' || value[0] == '\'', n = strcspn(value + quote, "\r\n\t \"'");

	return n > 0 && value[quote] != '#' && (n < 3 || strncmp(value + quote + n - 3, "...", 3) != 0);
}

static bool has_value(const char *env, const char *assigned)
{
	for (const char *value = behind(env, assigned); value; value = behind(value, assigned))
		if (is_value(value))
			return true;
	return false;
}

/* A key of any provider, also of one that vpsfit does not ask for. That of a server of one's own is no provider's. */
static bool has_key(const char *env)
{
	static const char assigned[] = "_API_KEY=", local[] = "LOCAL";

	for (const char *value = behind(env, assigned); value; value = behind(value, assigned)) {
		const char *name = value - strlen(assigned);
		size_t n = strlen(local);

		if (is_value(value) && ((size_t)(name - env) < n || strncmp(name - n, local, n) != 0))
			return true;
	}
	return false;
}

/* What the settings of the proxy have after `what`; NULL: none of them has it. */
static const char *in_settings(const struct finding *f, const char *what)
{
	const struct service_set *set = f->s->plan.set;
	const struct service *workers = &set->items[service_by_part(set, PART_WORKERS)];
	const char *found = NULL;

	for (size_t i = 0; !found && i < workers->file_count; i++) {
		const char *text = text_of(f, workers->files[i].name);

		found = text ? behind(text, what) : NULL;
	}
	return found;
}

/* A server of one's own, in the settings of the proxy: it may need no key. */
static bool has_own_server(const struct finding *f)
{
	const struct service_set *set = f->s->plan.set;
	const struct service *workers = &set->items[service_by_part(set, PART_WORKERS)];

	for (size_t i = 0; i < workers->file_count; i++) {
		const char *text = text_of(f, workers->files[i].name);

		for (const char *base = text ? behind(text, "api_base:") : NULL; base; base = behind(base, "api_base:"))
			if (strncmp(base + strspn(base, " \t\"'"), "os.environ/", 11) != 0)
				return true;
	}
	return false;
}

static void key_step(const struct finding *f)
{
	const char *env = text_of(f, ".env");

	if (!env || has_key(env) || has_own_server(f))
		return;
	if (has_value(env, "LOCAL_API_BASE=")) {
		if (in_settings(f, "os.environ/LOCAL_MODEL") && !has_value(env, "LOCAL_MODEL="))
			add(f, "local-model",
			    text_aprintf(
				    &f->s->arena,
				    _("Put the name of a model of your own server into %s/.env (LOCAL_MODEL): without "
				      "one, no model answers."),
				    f->s->dir),
			    NULL);
		return;
	}
	add(f, "provider-key",
	    text_aprintf(
		    &f->s->arena,
		    _("Put the key of a provider into %s/.env (OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY, "
		      "GEMINI_API_KEY or MISTRAL_API_KEY): without one, no model answers."),
		    f->s->dir),
	    NULL);
}

/* The images of the founding analysis are 3 to 4 GB; Open WebUI's slim one is 1.4 GB less (release notes of 0.12.4). */
static const char *download(const struct finding *f)
{
	const struct plan *p = &f->s->plan;

	for (size_t i = 0; i < p->set->count; i++)
		if (p->services[i].variant && STR_EQ(p->services[i].variant, "slim"))
			return _(
				"Start it. Before its first start about 2 GB of images are downloaded, and that start then "
				"takes some minutes:");
	return _("Start it. Before its first start about 4 GB of images are downloaded, and that start then takes some "
		 "minutes:");
}

/* Starts it, or has what runs taken over, as the files are now. */
static const char *start(const struct finding *f)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	command_line_start(f->s, &out);
	text = arena_strdup(&f->s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* What keeps the stack from starting here, each with what to do about it. */
static void obstacle_steps(const struct finding *f)
{
	static const char *const codes[] = {"engine-of-host",  "cpu-too-old",	"cpu-not-served", "engine-too-old",
					    "engine-confined", "bind-not-here", "port-taken"};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const char *text = plan_warning_text(&f->s->plan, codes[i]);

		if (text)
			add(f, codes[i], text_aprintf(&f->s->arena, _("Fix this first: %s."), text), NULL);
	}
}

static void start_step(const struct finding *f)
{
	const struct changeset *c = &f->s->changes;
	const char *missing = f->s->changes_known ? c->not_running : NULL;

	/* What --start has seen answer runs, whether its containers can be told from here or not. */
	if (f->s->started)
		return;
	if (!runs(f)) {
		obstacle_steps(f);
		add(f, "start", f->s->compose ? _("Start it:") : download(f), start(f));
		return;
	}
	if (f->s->changes_known && c->running_over && (f->s->wrote || f->s->took_back || c->not_taken_over))
		add(f, "stop-first",
		    _("Stop the running containers first: they hold more than this machine has for them."),
		    compose(f, "stop"));
	if (f->s->wrote || f->s->took_back || c->not_taken_over)
		add(f, "take-over", _("Put the changes into effect; containers that changed are restarted:"), start(f));
	else if (missing)
		add(f, "start-rest", text_aprintf(&f->s->arena, _("Start what does not run (%s):"), missing), start(f));
}

static const char *in_brackets(struct arena *a, const char *address)
{
	return strchr(address, ':') && address[0] != '[' ? arena_printf(a, "[%s]", address) : address;
}

/* Who logs in here from elsewhere. */
static const char *user(struct session *s)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw = sudo ? getpwnam(sudo) : getpwuid(getuid());

	if (!sysroot_is_live(&s->root) || !pw)
		return "root";
	return arena_strdup(&s->arena, pw->pw_name);
}

static const char *host(struct session *s)
{
	return s->machine.address ? s->machine.address : _("ADDRESS-OF-THIS-MACHINE");
}

/* The name that the TLS proxy of the stack has; NULL: the stack has none. */
static const char *domain(const struct finding *f)
{
	const struct service_set *set = f->s->plan.set;
	const char *name = answer_domain(&f->s->answers);

	for (size_t i = 0; name && set && f->s->changes_known && i < set->count; i++)
		if (set->items[i].answer == ANSWER_DOMAIN && f->s->changes.layout.services[i])
			return name;
	return NULL;
}

/* The record that is missing, as it is typed at whoever has the name's zone. */
static void dns_step(const struct finding *f, const char *name)
{
	const struct machine_name *n = &f->s->machine.domain;
	const char *address = f->s->machine.address;
	bool six = address && strchr(address, ':');

	if (!n->name || !STR_EQ(n->name, name) || n->leads == NAME_HERE || n->leads == NAME_UNKNOWN)
		return;
	add(f, "dns",
	    n->leads == NAME_NOWHERE
		    ? text_aprintf(
			      &f->s->arena,
			      _("%s has no address yet. Where the name was bought, add this record (the public address, if "
				"the machine has another one inside):"),
			      name)
		    : text_aprintf(
			      &f->s->arena,
			      _("%s leads to %s. If that is not this machine, change its record where the name was "
				"bought:"),
			      name, n->addresses),
	    arena_printf(&f->s->arena, "%s. %s %s", name, six ? "AAAA" : "A",
			 address ? address : _("ADDRESS-OF-THIS-MACHINE")));
}

/* The engine chooses the port, or there is none: once it runs, Compose knows. */
static void untold_step(const struct finding *f, const struct published *is)
{
	struct arena *a = &f->s->arena;

	add(f, "open",
	    _("Where the gateway is reached cannot be told from the ports in its compose files. Once it runs, this shows it:"),
	    is->service ? compose(f, arena_printf(a, "port %s %lld", is->service, (long long)is->inside))
			: compose(f, "ps"));
}

/* The tunnel's own end: who may not listen on a port of the system's there takes another. */
static const char *port_there(const char *port)
{
	uint64_t n;

	return parse_uint(port, FIRST_FREE_PORT - 1, &n) ? "8080" : port;
}

/* Opens the page; first through a tunnel where only this machine may. */
static void reach_step(const struct finding *f)
{
	const char *account, *bind, *port;
	struct arena *a = &f->s->arena;
	struct published is;

	front_published(f->s, &is);
	if (!is.there)
		return;
	bind = is.bind;
	port = is.port;
	account =
		runs(f) && !f->s->started ? "" : _(" Create the first account at once: it becomes the administrator.");
	if (domain(f)) {
		dns_step(f, domain(f));
		add(f, "open",
		    text_aprintf(
			    a,
			    _("Open https://%s in a browser. Ports 80 and 443 must be open at the provider's firewall; "
			      "the certificate comes within a minute of the first start.%s"),
			    domain(f), account),
		    NULL);
		return;
	}
	if (!bind) {
		untold_step(f, &is);
		return;
	}
	if (address_is_loopback(bind)) {
		add(f, "tunnel", _("On your own computer, open a tunnel to this machine and leave it open:"),
		    arena_printf(a, "ssh -L %s:%s:%s %s@%s", port_there(port), in_brackets(a, bind), port, user(f->s),
				 host(f->s)));
		add(f, "open",
		    text_aprintf(a, _("Open http://localhost:%s in the browser there.%s"), port_there(port), account),
		    NULL);
		return;
	}
	add(f, "open",
	    text_aprintf(a, _("Open http://%s:%s in a browser; there is no TLS.%s"),
			 address_is_any(bind) ? in_brackets(a, host(f->s)) : in_brackets(a, bind), port, account),
	    NULL);
}

static void daily_commands(const struct finding *f)
{
	add_daily(f, "running", _("Running?"), compose(f, "ps"));
	add_daily(f, "logs", _("Its log"), compose(f, "logs --tail 50"));
	add_daily(f, "stop", _("Stop it"), compose(f, "stop"));
}

/*
 * The steps that are still to be done from here to the first chat, then the commands of every day. Only what this
 * machine and the stack's files tell counts; whether an account exists is not looked at, but that nothing runs yet.
 */
void next_steps_find(struct session *s, struct next_steps *ret)
{
	const struct finding f = {s, ret};

	ret->count = 0;
	engine_step(&f);
	if (!s->compose)
		key_step(&f);
	start_step(&f);
	reach_step(&f);
	daily_commands(&f);
}

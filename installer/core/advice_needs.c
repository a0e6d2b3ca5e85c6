/* SPDX-License-Identifier: MIT */
/* The rules about what else the stack needs of the machine: a port, an address, a processor, a place that stays. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"
#include "core/reach.h"

static bool stack_runs(const struct machine *m)
{
	for (size_t i = 0; i < m->containers.count; i++)
		if (m->containers.items[i].ours)
			return true;
	return false;
}

static bool is_any(const struct machine_listener *l)
{
	return !l->address[0] && !l->address[1] && !l->address[2] && !l->address[3];
}

/* Is a bind to this address refused while the other listens? ":: " takes the ports of version 4 too. */
static bool is_in_the_way(const struct machine_listener *l, const char *said)
{
	char bind[INET6_ADDRSTRLEN];
	unsigned char bytes[16], *own = (unsigned char *)l->address;
	bool six = strchr(said, ':');

	/* Compose wants brackets around version 6. */
	snprintf(bind, sizeof(bind), "%.*s", (int)strcspn(said + (said[0] == '['), "]"), said + (said[0] == '['));
	if (inet_pton(six ? AF_INET6 : AF_INET, bind, bytes) != 1)
		return false;
	if (l->six_only && !six)
		return false;
	if (is_any(l))
		return l->six || !six || STR_EQ(bind, "::");
	if (STR_EQ(bind, "::"))
		return true;
	if (six != l->six) /* version 4 in an address of version 6 */
		return !six && memcmp(own, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0 &&
		       (STR_EQ(bind, "0.0.0.0") || memcmp(own + 12, bytes, 4) == 0);
	return STR_EQ(bind, "0.0.0.0") || memcmp(own, bytes, six ? 16 : 4) == 0;
}

/* What listens for a container on its behalf, or nobody knows what: with userland-proxy off nothing does. */
static bool may_be_an_engine(const char *who)
{
	static const char *const names[] = {"docker", "rootless", "slirp4netns", "vpnkit", "com.docker", "exe"};

	for (size_t i = 0; who && i < ARRAY_SIZE(names); i++)
		if (strncmp(who, names[i], strlen(names[i])) == 0)
			return true;
	return !who;
}

/* A stack that runs holds the port that it was started with. */
static bool is_its_own(const struct machine *m, const struct machine_listener *l)
{
	return l->port == m->front.now && stack_runs(m) && may_be_an_engine(l->who);
}

static const struct machine_listener *in_the_way(const struct machine *m, const char *bind, int port)
{
	const struct machine_listener *found = NULL;

	for (size_t i = 0; i < m->listener_count; i++) {
		const struct machine_listener *l = &m->listeners[i];

		if (l->port == port && is_in_the_way(l, bind) && !is_its_own(m, l) && !(found && found->who))
			found = l;
	}
	return found;
}

const char *advice_port_taken(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;
	const char *bind = reach_bind(m, in->answers);
	const int64_t port = reach_port(m, in->answers);
	const struct machine_listener *l;
	const char *who;

	(void)p;
	if (answer_said(in->answers, ANSWER_COMPOSE) || !bind || port == 0)
		return NULL;
	l = in_the_way(m, bind, (int)port);
	if (!l)
		return NULL;
	if (!l->who)
		return arena_printf(
			in->arena,
			_("port %lld is taken: the stack would not start; stop what listens there ('ss -ltnp "
			  "sport = :%lld' shows it to root), or choose another port (--port)"),
			(long long)port, (long long)port);
	who = STR_EQ(l->who, "docker-proxy") ? _("another container (docker-proxy)") : l->who;
	return arena_printf(in->arena,
			    _("port %lld is taken by %s: the stack would not start; stop that, or choose another port "
			      "(--port)"),
			    (long long)port, who);
}

/* Does the stack itself run the service now? Then the ports are its own. */
static bool runs(const struct machine *m, const char *service)
{
	for (size_t i = 0; i < m->containers.count; i++)
		if (m->containers.items[i].ours && m->containers.items[i].service &&
		    STR_EQ(m->containers.items[i].service, service))
			return true;
	return false;
}

/* Ports that a service publishes on all addresses, whatever --bind says. */
const char *advice_published_taken(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;

	for (size_t s = 0; s < p->set->count; s++) {
		const struct service *one = &p->set->items[s];

		for (size_t i = 0; p->services[s].in && i < one->publish_count && !runs(m, one->name); i++) {
			const struct machine_listener *l = in_the_way(m, "::", (int)one->publishes[i]);

			if (!l)
				l = in_the_way(m, "0.0.0.0", (int)one->publishes[i]);
			if (l)
				return arena_printf(
					in->arena,
					_("port %lld, which %s needs, is taken by %s: stop that, or do without --%s"),
					(long long)one->publishes[i], one->name,
					!l->who ? arena_printf(
							  in->arena,
							  _("another program ('ss -ltnp sport = :%lld' shows it to root)"),
							  (long long)one->publishes[i])
					: STR_EQ(l->who, "docker-proxy") ? _("another container (docker-proxy)")
									 : l->who,
					one->option ? one->option : one->name);
		}
	}
	return NULL;
}

/* For the record of a name: its own address is the best guess there is. */
const char *advice_domain(const struct planning *in, const struct plan *p)
{
	const struct machine_name *n = &in->machine->domain;
	const char *name = answer_domain(in->answers);

	(void)p;
	if (!name || !n->name || !STR_EQ(n->name, name) || n->leads == NAME_HERE || n->leads == NAME_UNKNOWN)
		return NULL;
	if (n->leads == NAME_NOWHERE)
		return arena_printf(
			in->arena,
			_("%s has no address yet: there is no certificate until it leads to this machine (an A record, "
			  "at whoever the name was bought from)"),
			name);
	return arena_printf(
		in->arena,
		_("%s leads to %s, which is no address of this machine: where the provider does not translate it, there "
		  "will be no certificate, and the page does not open"),
		name, n->addresses);
}

const char *advice_domain_unknown(const struct planning *in, const struct plan *p)
{
	const struct machine_name *n = &in->machine->domain;
	const char *name = answer_domain(in->answers);

	(void)p;
	if (!name || !n->name || !STR_EQ(n->name, name) || n->leads != NAME_UNKNOWN)
		return NULL;
	return arena_printf(in->arena,
			    _("where %s leads could not be found out within 5 seconds: it must lead to this machine"),
			    name);
}

const char *advice_bind_elsewhere(const struct planning *in, const struct plan *p)
{
	const char *bind = in->machine->bind_elsewhere, *said = answer_text(in->answers, ANSWER_BIND);

	(void)p;
	if (!bind || answer_said(in->answers, ANSWER_COMPOSE) || (said && !STR_EQ(said, bind)))
		return NULL;
	return arena_printf(in->arena,
			    _("no interface of this machine has the address %s, and nothing can listen there: a public "
			      "address that the provider translates is no address of the machine; 'ip address' lists "
			      "what it has"),
			    bind);
}

const char *advice_cpu_old(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;

	(void)p;
	if (!m->cpus.lacks)
		return NULL;
	return arena_printf(
		in->arena,
		_("the processor (%s) lacks %s: the images are built for x86-64-v2, and may end with \"Illegal "
		  "instruction\" (132); %s"),
		m->cpus.model, m->cpus.lacks,
		m->virt.kind == VIRT_NONE ? _("a newer machine is needed")
					  : _("ask the host for CPU type \"host\" or x86-64-v2"));
}

/* LiteLLM, Open WebUI, PostgreSQL with pgvector and nginx are all published for these two alone. */
const char *advice_not_served(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;

	(void)p;
	if (m->cpus.userland)
		return arena_printf(in->arena,
				    _("the kernel is for %s and the system's programs are for %s: Docker would ask for "
				      "images of that kind, and there are none: install the 64-bit system"),
				    m->arch, m->cpus.userland);
	if (!m->cpus.unserved)
		return NULL;
	return arena_printf(in->arena,
			    _("there are no images of the stack for this kind of processor (%s), only for x86_64 and "
			      "aarch64: it cannot run here"),
			    m->arch);
}

const char *advice_read_only(const struct planning *in, const struct plan *p)
{
	const struct machine_disk *d = &in->machine->stack_disk;

	(void)p;
	if (!d->read_only)
		return NULL;
	return arena_printf(
		in->arena,
		_("%s lies on a file system that is mounted read-only: choose --dir where it can be written, "
		  "or mount it writable"),
		d->path);
}

const char *advice_no_modes(const struct planning *in, const struct plan *p)
{
	const struct machine_disk *d = &in->machine->stack_disk;

	(void)p;
	if (!d->no_modes)
		return NULL;
	return arena_printf(
		in->arena,
		_("%s lies on %s, which keeps neither owner nor mode of a file: everybody on this machine could "
		  "read the secrets in .env: choose --dir on a disk of Linux's own"),
		d->path, d->fs);
}

const char *advice_no_version_4(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (!in->machine->version_6_only)
		return NULL;
	return _(
		"this machine has no route for IPv4: images come from registries that may have no IPv6 address (ghcr.io "
		"has had none), and pulling them then fails: add an IPv4 address, NAT64 with DNS64, or a proxy for the "
		"engine");
}

static bool is_lost(const struct machine_disk *d)
{
	return d->in_memory || d->temporary;
}

const char *advice_not_kept(const struct planning *in, const struct plan *p)
{
	const struct machine_disk *stack = &in->machine->stack_disk, *images = &in->machine->image_disk;
	const struct machine_disk *lost = is_lost(stack) ? stack : is_lost(images) ? images : NULL;

	(void)p;
	if (!lost)
		return NULL;
	if (lost->temporary)
		return arena_printf(
			in->arena,
			_("%s lies on a temporary disk, which the provider empties when the machine is moved or "
			  "stopped, secrets and data included: %s"),
			lost->path,
			lost == stack ? _("choose --dir on another disk")
				      : _("move the engine's data root to another disk (data-root in "
					  "daemon.json)"));
	return arena_printf(in->arena,
			    _("%s lies in memory (%s), and a reboot forgets it, secrets and data included: %s"),
			    lost->path, lost->fs,
			    lost == stack ? _("choose --dir on a disk, or make the root file system lasting")
					  : _("move the engine's data root to a disk (data-root in daemon.json)"));
}

/* SPDX-License-Identifier: MIT */
/* The rules about the machine itself: its swap, its engine, and what else the stack needs of it. */
#include <arpa/inet.h>
#include <string.h>

#include "core/i18n.h"
#include "core/packages.h"
#include "core/planner.h"
#include "core/units.h"

const char *advice_fstab_swap(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;

	(void)p;
	if (w->fstab_inactive_count == 0)
		return NULL;
	return arena_printf(in->arena, _("/etc/fstab names %s as swap, and it is not in use: 'swapon -a' tells why%s"),
			    w->fstab_inactive[0], w->fstab_inactive_count > 1 ? _(" (and there are more)") : "");
}

/* Said while swap is wanted that is not there yet; whoever chose a way already knows. */
const char *advice_swap_offered(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const struct swap_area *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < w->inactive_count; i++)
		if (w->inactive[i].spared && first)
			more++;
		else if (w->inactive[i].spared)
			first = &w->inactive[i];
	if (!first || p->swap.mode != SWAP_MODE_AUTO || p->swap.wanted_mib <= p->swap.present_mib)
		return NULL;
	return arena_printf(in->arena,
			    first->held
				    ? _("%s is a swap partition of %lld MiB, and is left alone: %s%s")
				    : _("%s is a swap partition of %lld MiB that is not in use, and is not turned on "
					"unasked: %s%s; if nothing else needs what is in it, --swap %s takes it"),
			    first->path, (long long)first->size_mib, first->spared,
			    more > 0 ? _(" (and there are more, 'vpsfit detect' lists them)") : "", first->path);
}

const char *advice_swap_file_idle(const struct planning *in, const struct plan *p)
{
	const struct swap_area *f = &in->machine->swap.idle_file;

	if (!f->path || p->swap.wanted_mib <= p->swap.present_mib)
		return NULL;
	return arena_printf(
		in->arena,
		_("%s is a swap file of %lld MiB that is not in use and not vpsfit's: to use it, 'swapon %s', "
		  "add the line '%s none swap sw,nofail 0 0' to /etc/fstab, and run vpsfit again%s"),
		f->path, (long long)f->size_mib, f->path, f->path,
		p->swap.action == SWAP_ACT_CREATE ? _("; otherwise a second file is made beside it") : "");
}

const char *advice_swap_passing(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const char *names = NULL, *line = NULL;

	(void)p;
	for (size_t i = 0; i < w->area_count; i++) {
		const struct swap_area *s = &w->areas[i];

		if (!s->passing)
			continue;
		line = line	 ? line
		       : s->uuid ? arena_printf(in->arena, "UUID=%s none swap sw,nofail 0 0", s->uuid)
				 : arena_printf(in->arena, "%s none swap sw,nofail 0 0", s->path);
		names = names ? arena_printf(in->arena, "%s, %s", names, s->path) : s->path;
	}
	if (!names)
		return NULL;
	return arena_printf(in->arena,
			    _("nothing was found that turns the swap at %s on at boot: it is counted, and gone after a "
			      "reboot; a line in /etc/fstab keeps it: '%s'"),
			    names, line);
}

const char *advice_engine_missing(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;
	const char *how = packages_engine(&in->machine->distro);

	(void)p;
	if (e->docker)
		return NULL;
	how = how ? how : _("install docker.io or docker-ce");
	if (e->instead)
		return arena_printf(in->arena, _("Docker's engine was not found: %s; before the stack is started: %s"),
				    e->instead, how);
	return arena_printf(in->arena, _("Docker was not found; before the stack is started: %s"), how);
}

const char *advice_compose_missing(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;
	const char *how;

	(void)p;
	if (e->compose || !e->docker)
		return NULL;
	how = packages_compose(in->arena, &in->machine->distro, e);
	return how ? arena_printf(in->arena, _("Compose was not found; before the stack is started: %s"), how)
		   : _("Compose was not found: install docker-compose-plugin, docker-compose-v2 or docker-compose");
}

/* The snap's "home" interface: below a user's home, without a hidden part at its top. /root is no such home. */
static bool snap_may_read(const char *dir)
{
	const char *user, *rest;

	if (strncmp(dir, "/home/", 6) != 0)
		return false;
	user = dir + 6;
	rest = strchr(user, '/');
	return rest && rest[1] && rest[1] != '.';
}

const char *advice_engine_confined(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;
	const char *how = packages_engine(&m->distro);

	(void)p;
	if (m->engine.kind != ENGINE_SNAP || snap_may_read(m->stack_disk.path))
		return NULL;
	return arena_printf(
		in->arena,
		_("Docker is a snap here, which may not read %s: choose a visible directory in a home, "
		  "such as --dir /home/NAME/ai-gateway, or replace the snap ('snap remove docker', then %s)"),
		m->stack_disk.path, how ? how : _("install docker.io or docker-ce"));
}

const char *advice_engine_in_vm(const struct planning *in, const struct plan *p)
{
	if (in->machine->engine.kind != ENGINE_DESKTOP)
		return NULL;
	return arena_printf(
		in->arena,
		_("Docker Desktop runs containers in a virtual machine with memory of its own: give it at "
		  "least %lld MiB (Settings, Resources), for swap and limits of this machine do not reach it"),
		(long long)(plan_peak_mib(p) - p->totals.system_mib));
}

const char *advice_swap_unlimited(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;

	if (!e->docker || !e->swap_limits_why || p->swap.total_mib == 0)
		return NULL;
	return arena_printf(
		in->arena,
		_("the kernel does not account for swap, and a container may use all of it: the figures under "
		  "\"with swap\" are not enforced; adding swapaccount=1 in %s and a reboot change that"),
		e->swap_limits_why);
}

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
static bool is_in_the_way(const struct machine_listener *l, const char *bind)
{
	unsigned char bytes[16], *own = (unsigned char *)l->address;
	bool six = strchr(bind, ':');

	if (inet_pton(six ? AF_INET6 : AF_INET, bind, bytes) != 1)
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

static const struct machine_listener *in_the_way(const struct machine *m, const char *bind, int port)
{
	const struct machine_listener *found = NULL;

	for (size_t i = 0; i < m->listener_count; i++)
		if (m->listeners[i].port == port && is_in_the_way(&m->listeners[i], bind) && !(found && found->who))
			found = &m->listeners[i];
	return found;
}

/* A stack that runs holds its port itself. */
const char *advice_port_taken(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;
	const char *said = answer_text(in->answers, ANSWER_BIND), *bind = said ? said : m->front.bind;
	int64_t asked = answer_number(in->answers, ANSWER_PORT), port = asked > 0 ? asked : m->front.port;
	const struct machine_listener *l;
	const char *who;

	(void)p;
	if (answer_said(in->answers, ANSWER_COMPOSE) || !bind || port == 0 || stack_runs(m))
		return NULL;
	l = in_the_way(m, bind, (int)port);
	if (!l)
		return NULL;
	if (!l->who)
		return arena_printf(
			in->arena,
			_("port %lld is taken: the stack would not start; stop what listens there ('ss -ltnp "
			  "sport = :%lld' shows it to root), or choose another with --port"),
			(long long)port, (long long)port);
	who = STR_EQ(l->who, "docker-proxy") ? _("another container (docker-proxy)") : l->who;
	return arena_printf(in->arena,
			    _("port %lld is taken by %s: the stack would not start; stop that, or choose another with "
			      "--port"),
			    (long long)port, who);
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

const char *advice_not_kept(const struct planning *in, const struct plan *p)
{
	const struct machine_disk *stack = &in->machine->stack_disk, *images = &in->machine->image_disk;
	const struct machine_disk *lost = stack->in_memory ? stack : images->in_memory ? images : NULL;

	(void)p;
	if (!lost)
		return NULL;
	return arena_printf(in->arena,
			    _("%s lies in memory (%s), and a reboot forgets it, secrets and data included: %s"),
			    lost->path, lost->fs,
			    lost == stack ? _("choose --dir on a disk, or make the root file system lasting")
					  : _("move the engine's data root to a disk (data-root in daemon.json)"));
}

const char *advice_stops_snapshots(const struct planning *in, const struct plan *p)
{
	const struct plan_swap *s = &p->swap;
	bool file = false;

	for (size_t i = 0; i < s->area_count; i++)
		file |= !s->areas[i].device && s->areas[i].after.on;
	if (!in->machine->swap_disk.stops_snapshots || !file)
		return NULL;
	return arena_printf(
		in->arena,
		_("%s is on btrfs, which takes no snapshot of a subvolume while a swap file in it is in use "
		  "(\"Text file busy\"): if you take snapshots, give it one of its own, 'btrfs subvolume "
		  "create /swap', and use --swap-file /swap/swapfile"),
		in->machine->swap_disk.path);
}

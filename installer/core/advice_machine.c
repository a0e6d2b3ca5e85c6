/* SPDX-License-Identifier: MIT */
/* The rules about the machine itself: its swap and its engine. */
#include <string.h>

#include "core/i18n.h"
#include "core/packages.h"
#include "core/planner.h"
#include "core/strbuf.h"
#include "core/units.h"

const char *advice_fstab_swap(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const char *also = p->swap.action == SWAP_ACT_CREATE && w->idle_file.path && w->idle_file.line == SWAP_LINE_AUTO
				   ? _("; otherwise a second file is made beside it")
				   : "";

	if (w->fstab_inactive_count == 0)
		return NULL;
	return arena_printf(
		in->arena, _("/etc/fstab names %s as swap, and it is not in use: %s%s%s"), w->fstab_inactive[0],
		w->fstab_inactive_why ? w->fstab_inactive_why : _("'swapon -a' turns it on, or tells why not"), also,
		w->fstab_inactive_count > 1 ? _(" (and there are more)") : "");
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

/* Blanks would end the first field of a line of fstab(5). */
static const char *fstab_path(struct arena *a, const char *path)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (const char *at = path; *at; at++)
		if (*at == ' ' || *at == '\t' || *at == '\\')
			strbuf_printf(&out, "\\%03o", (unsigned)*at);
		else
			strbuf_putc(&out, *at);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* Everything that turns the file on, now and at each boot, in order. */
static const char *how_to_use(struct arena *a, const struct swap_area *f, bool made)
{
	const char *line = made ? arena_printf(a,
					       _("add swapDevices = [ { device = \"%s\"; } ]; to "
						 "/etc/nixos/configuration.nix ('nixos-rebuild switch')"),
					       f->path)
			   : f->line == SWAP_LINE_NOAUTO
				   ? _("take 'noauto' out of its line in /etc/fstab")
				   : arena_printf(a, _("add the line '%s none swap sw,nofail 0 0' to /etc/fstab"),
						  fstab_path(a, f->path));

	if (f->holes)
		return arena_printf(a, _("%s, and %s"), swap_fill_holes(a, f), line);
	return arena_printf(a, _("to use it, %s'swapon %s', %s, and run vpsfit again"),
			    f->loose ? arena_printf(a, _("'chmod 600 %s' (others can read it), "), f->path) : "",
			    f->path, line);
}

/* One that a line of /etc/fstab turns on is told of there. */
const char *advice_swap_file_idle(const struct planning *in, const struct plan *p)
{
	const struct swap_area *f = &in->machine->swap.idle_file;

	if (!f->path || f->line == SWAP_LINE_AUTO ||
	    (p->swap.wanted_mib <= p->swap.present_mib && p->swap.action != SWAP_ACT_CREATE))
		return NULL;
	return arena_printf(in->arena, _("%s is a swap file of %lld MiB that is not in use and not vpsfit's: %s%s"),
			    f->path, (long long)f->size_mib, how_to_use(in->arena, f, in->machine->swap.fstab_made),
			    p->swap.action == SWAP_ACT_CREATE ? _("; otherwise a second file is made beside it") : "");
}

/* With swap of its own vpsfit puts OpenRC's service into its runlevel. */
static bool mends_boot(const struct planning *in, const struct plan *p)
{
	for (size_t i = 0; in->machine->swap.openrc && i < p->swap.area_count; i++)
		if (p->swap.areas[i].recorded && p->swap.areas[i].after.on)
			return true;
	return false;
}

/* What has a passing area turned on at boot; those of one kind are told of together. */
enum keeping { BY_COMMAND, BY_NIXOS, BY_NOAUTO, BY_LINE };

static enum keeping keeping_of(const struct machine_swap *w, const struct swap_area *s)
{
	return s->mend ? BY_COMMAND : w->fstab_made ? BY_NIXOS : s->line == SWAP_LINE_NOAUTO ? BY_NOAUTO : BY_LINE;
}

/* A command, a line of fstab(5), a device in Nix's language, or nothing more than what is said for all. */
static const char *words_of(struct arena *a, enum keeping by, const struct swap_area *s)
{
	const char *named = s->named ? s->named : s->path;

	switch (by) {
	case BY_COMMAND:
		return s->mend;
	case BY_NIXOS:
		return arena_printf(a, "{ device = \"%s%s\"; }",
				    strncmp(named, "UUID=", 5) == 0 ? "/dev/disk/by-uuid/" : "",
				    strncmp(named, "UUID=", 5) == 0 ? named + 5 : named);
	case BY_NOAUTO:
		return NULL;
	case BY_LINE:
		break;
	}
	return arena_printf(a, "%s none swap sw,nofail 0 0", fstab_path(a, named));
}

static const char *passing_text(struct arena *a, enum keeping by, const char *names, const char *words)
{
	switch (by) {
	case BY_COMMAND:
		return arena_printf(a,
				    _("a unit or a script for the swap at %s is there, and boot does not start it: the "
				      "swap is counted, and gone after a reboot; '%s' keeps it"),
				    names, words);
	case BY_NIXOS:
		return arena_printf(a,
				    _("nothing was found that turns the swap at %s on at boot: it is counted, and gone "
				      "after a reboot; /etc/fstab is made from NixOS' configuration: add swapDevices = "
				      "[ %s ]; to /etc/nixos/configuration.nix, then 'nixos-rebuild switch'"),
				    names, words);
	case BY_NOAUTO:
		return arena_printf(a,
				    _("the swap at %s is counted, and gone after a reboot: boot passes over its line "
				      "in /etc/fstab; take 'noauto' out of it"),
				    names);
	case BY_LINE:
		break;
	}
	return arena_printf(a,
			    _("nothing was found that turns the swap at %s on at boot: it is counted, and gone after a "
			      "reboot; a line in /etc/fstab keeps it: '%s'"),
			    names, words);
}

const char *advice_swap_passing(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const char *names = NULL, *words = NULL;
	enum keeping by = BY_LINE;
	struct arena *a = in->arena;

	if (w->boot_off && p->swap.total_mib > 0 && !mends_boot(in, p))
		return arena_printf(
			a,
			_("%s, so that no swap is turned on at boot, what vpsfit makes included: it is counted, "
			  "and gone after a reboot"),
			w->boot_off);
	for (size_t i = 0; i < w->area_count; i++) {
		const struct swap_area *s = &w->areas[i];
		const char *said;

		if (!s->passing || (names && keeping_of(w, s) != by))
			continue;
		by = keeping_of(w, s);
		said = words_of(a, by, s);
		words = !words		  ? said
			: by == BY_NIXOS  ? arena_printf(a, "%s %s", words, said)
			: by == BY_NOAUTO ? NULL
					  : arena_printf(a, "%s', '%s", words, said);
		names = names ? arena_printf(a, "%s, %s", names, s->path) : s->path;
	}
	return names ? passing_text(a, by, names, words) : NULL;
}

/* A development container may run an engine, if it is privileged; a pod or a build does not. */
static const char *missing_in_application(struct arena *a, enum virt_kind kind, const char *instead, const char *how)
{
	if (instead)
		return arena_printf(a,
				    _("Docker's engine was not found: %s; this is a container: run vpsfit on its host"),
				    instead);
	if (kind == VIRT_CONTAINER)
		return _(
			"Docker was not found, and this is a container in which no engine runs as a rule: run vpsfit on "
			"its host");
	return arena_printf(a,
			    _("Docker was not found in this %s container: run vpsfit on its host, or, where an "
			      "engine may run in it, before the stack is started: %s"),
			    virt_kind_name(kind), how);
}

const char *advice_engine_missing(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;
	const enum virt_kind kind = in->machine->virt.kind;
	const char *how = packages_engine(in->arena, &in->machine->distro, e);

	(void)p;
	if (e->docker)
		return NULL;
	how = how ? how
		  : _("install docker and its Compose as this distribution has them (https://docs.docker.com/engine/install)");
	if (virt_is_application(kind))
		return missing_in_application(in->arena, kind, e->instead, how);
	if (virt_is_container(kind))
		how = arena_printf(in->arena, _("%s (the host of this %s container must allow an engine in it)"), how,
				   virt_kind_name(kind));
	if (e->instead)
		return arena_printf(in->arena, _("Docker's engine was not found: %s; before the stack is started: %s"),
				    e->instead, how);
	return arena_printf(in->arena, _("Docker was not found; before the stack is started: %s"), how);
}

#define NEEDS_MAJOR 20
#define NEEDS_MINOR 10
#define NEEDS_PATCH 10

/* "5:20.10.9~3-0~debian-bullseye": what is before ':' orders packages and is no part of Docker's own version. */
static bool is_older(const char *version)
{
	const int64_t needs[] = {NEEDS_MAJOR, NEEDS_MINOR, NEEDS_PATCH};
	const char *at = strchr(version, ':') ? strchr(version, ':') + 1 : version;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		uint64_t n;

		if (!parse_uint_prefix(at, 1000000, &n, &at))
			return false;
		if ((int64_t)n != needs[i])
			return (int64_t)n < needs[i];
		at += *at == '.';
	}
	return false;
}

/* Until 20.10.10 the profile for seccomp forbade clone3(2) in a way that newer C libraries take for a failure. */
const char *advice_engine_old(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;

	(void)p;
	if (!e->docker || !e->docker_version || !is_older(e->docker_version))
		return NULL;
	return arena_printf(
		in->arena,
		_("Docker %s is older than %d.%d.%d: programs in today's images may end with \"can't start new "
		  "thread\" under it; update it before the stack is started"),
		e->docker_version, NEEDS_MAJOR, NEEDS_MINOR, NEEDS_PATCH);
}

const char *advice_compose_missing(const struct planning *in, const struct plan *p)
{
	const struct machine_engine *e = &in->machine->engine;
	const char *how;

	(void)p;
	if (e->compose || !e->docker)
		return NULL;
	how = packages_compose(in->arena, &in->machine->distro, e);
	if (e->compose_elsewhere)
		return arena_printf(
			in->arena,
			_("Compose was found at %s alone, which works for that user and nobody else; before "
			  "the stack is started: %s"),
			e->compose_elsewhere,
			how ? how : _("install docker-compose-plugin, docker-compose-v2 or docker-compose"));
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
	const char *how = packages_engine(in->arena, &m->distro, &m->engine);

	(void)p;
	if (m->engine.kind != ENGINE_SNAP || snap_may_read(m->stack_disk.path))
		return NULL;
	return arena_printf(
		in->arena,
		_("Docker is a snap here, which may not read %s: choose a visible directory in a home, "
		  "such as --dir /home/NAME/ai-gateway, or replace the snap ('snap remove docker', then %s)"),
		m->stack_disk.path,
		how ? how
		    : _("install docker and its Compose as this distribution has them (https://docs.docker.com/engine/install)"));
}

const char *advice_engine_in_vm(const struct planning *in, const struct plan *p)
{
	if (in->machine->engine.kind != ENGINE_DESKTOP)
		return NULL;
	return arena_printf(
		in->arena,
		_("Docker Desktop runs containers in a virtual machine with memory of its own: give it at "
		  "least %lld MiB (Settings, Resources), because swap and limits of this machine do not reach it"),
		(long long)(plan_peak_mib(p) - p->totals.system_mib));
}

const char *advice_engine_of_host(const struct planning *in, const struct plan *p)
{
	const struct machine *m = in->machine;

	(void)p;
	if (m->engine.kind != ENGINE_HOST)
		return NULL;
	return arena_printf(
		in->arena,
		_("this is a container, and Docker (%s) is its host's: the stack would run beside this "
		  "container, with memory that is not this container's, and Docker would look for %s on the "
		  "host: run vpsfit on the host itself"),
		m->engine.docker_source, m->stack_disk.path);
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

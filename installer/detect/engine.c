/* SPDX-License-Identifier: MIT */
/* Docker and Compose, and whether memory limits are enforced; asks no daemon. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/packages.h"
#include "core/strbuf.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define PLUGIN "/cli-plugins/docker-compose"
#define MAX_HOMES 64

static const char *const compose_paths[] = {"/usr/libexec/docker" PLUGIN,
					    "/usr/lib/docker" PLUGIN,
					    "/usr/local/lib/docker" PLUGIN,
					    "/usr/local/libexec/docker" PLUGIN,
					    "/run/current-system/sw/libexec/docker" PLUGIN,
					    "/usr/bin/docker-compose",
					    "/usr/local/bin/docker-compose",
					    NULL};
static const char *const compose_packages[] = {"docker-compose-plugin", "docker-compose-v2", "docker-compose", NULL};
static const char *const snap_compose[] = {"/snap/docker/current/usr/libexec/docker" PLUGIN,
					   "/snap/docker/current/usr/lib/docker" PLUGIN, "/snap/bin/docker.compose",
					   NULL};

/* Docker's client passes over a plugin without the x bit. */
static bool may_be_run(const struct probe *p, const char *path)
{
	struct stat st;

	return sysroot_stat(p->root, path, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111;
}

static const char *plugin_of(const struct probe *p, const char *home)
{
	const char *path = arena_printf(p->a, "%s/.docker" PLUGIN, home);

	return may_be_run(p, path) ? path : NULL;
}

/* A plugin in a home works for that user alone: for the caller, and where nobody calls, for root. */
static const char *plugin_at_home(const struct probe *p)
{
	const char *home = sysroot_is_live(p->root) ? getenv("HOME") : "/root";

	return home && home[0] == '/' ? plugin_of(p, home) : NULL;
}

static const char *plugin_elsewhere(const struct probe *p)
{
	const char *path = plugin_of(p, "/root");
	char **users;
	long n = sysroot_list(p->root, p->a, "/home", &users);

	for (long i = 0; i < n && i < MAX_HOMES && !path; i++)
		path = plugin_of(p, arena_printf(p->a, "/home/%s", users[i]));
	return path;
}

/* The first that may be run: a link that leads nowhere, as a removed Docker Desktop leaves behind, is no Compose. */
static const char *first_file(const struct probe *p, const char *const *paths)
{
	while (*paths && !may_be_run(p, *paths))
		paths++;
	return *paths;
}

/*
 * Nix's package of Docker has its plugins beside its programs, Compose's as a rule ("composeSupport"). Where the store
 * is not to be seen, NixOS' own engine is taken for that one.
 */
static bool is_in_store(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	const char *program = e->docker_path ? probe_link_end(p, e->docker_path) : "", *bin = strstr(program, "/bin/");
	const char *plugins;

	if (strncmp(program, "/nix/store/", strlen("/nix/store/")) != 0 || !bin)
		return distro_is(&p->m->distro, "nixos") && (e->kind == ENGINE_SYSTEM || e->kind == ENGINE_ROOTLESS);
	plugins = arena_printf(p->a, "%.*s/libexec/docker", (int)(bin - program), program);
	if (!sysroot_exists(p->root, plugins))
		return distro_is(&p->m->distro, "nixos");
	plugins = arena_printf(p->a, "%s" PLUGIN, plugins);
	if (!may_be_run(p, plugins))
		return false;
	e->compose_path = plugins;
	return true;
}

/* The snap and Docker Desktop bring Compose along; nothing beside them would be used. */
static void find_compose(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	const char *package = NULL;

	if (e->kind == ENGINE_SNAP) {
		e->compose_path = probe_first_path(p, snap_compose);
		e->compose_source = e->docker_source;
		e->compose = true;
		return;
	}
	package = probe_installed(p, compose_packages, &e->compose_version);
	e->compose_path = first_file(p, compose_paths);
	if (package)
		e->compose_source = arena_printf(p->a, _("package %s"), package);
	if (!e->compose_path && !package)
		e->compose_path = plugin_at_home(p);
	e->compose = e->compose_path || package || e->kind == ENGINE_DESKTOP || is_in_store(p);
	if (e->compose && !package && !e->compose_path)
		e->compose_source = e->docker_source;
	e->compose_elsewhere = e->compose ? NULL : plugin_elsewhere(p);
}

/*
 * Debian 12 has only 1.29, a program of its own; plugins run through docker. If only a package record is known, its
 * version decides; where Compose is yet to be installed, what would be.
 */
static const char *compose_command(const struct machine_distro *d, const struct machine_engine *e)
{
	const bool theirs = packages_are_theirs(e);
	bool alone = e->kind == ENGINE_SNAP ? false
		     : !e->compose	    ? !theirs && packages_compose_is_old(d)
		     : e->compose_path	    ? !strstr(e->compose_path, PLUGIN)
					    : e->compose_version && strncmp(e->compose_version, "1.", 2) == 0;

	return alone ? "docker-compose" : "docker compose";
}

static void find_rootless(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	char **users;
	long n;

	if (sysroot_exists(p->root, "/run/docker.sock"))
		return;
	n = sysroot_list(p->root, p->a, "/run/user", &users);
	for (long i = 0; i < n; i++) {
		const char *path = arena_printf(p->a, "/run/user/%s/docker.sock", users[i]);

		if (!sysroot_exists(p->root, path))
			continue;
		e->rootless = true;
		e->rootless_socket = path;
		e->rootless_why = arena_printf(p->a, _("%s is there and /run/docker.sock is not"), path);
		return;
	}
}

/* Is it one of the first len bytes' words, parted by blanks or commas? */
static bool has_word(const char *words, size_t len, const char *word)
{
	for (const char *at = words; at < words + len; at++) {
		size_t n = strcspn(at, " \t,");

		if (n == strlen(word) && strncmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool lists_memory(const char *controllers)
{
	return controllers && has_word(controllers, strlen(controllers), "memory");
}

/* The cgroup that systemd delegates to the user's services, where rootless Docker runs. */
static const char *delegated(const struct probe *p)
{
	const char *user = p->m->engine.rootless_socket + strlen("/run/user/");
	int n = (int)strcspn(user, "/");

	return arena_printf(p->a, "/sys/fs/cgroup/user.slice/user-%.*s.slice/user@%.*s.service/cgroup.controllers", n,
			    user, n, user);
}

static bool disabled_by_cmdline(const struct probe *p)
{
	for (const char *at = NULL; (at = boot_option(p, "cgroup_disable=", at));)
		if (has_word(at, strcspn(at, " \t"), "memory"))
			return true;
	return false;
}

static void set_limits(struct machine_engine *e, enum enforced limits, const char *why)
{
	e->limits = limits;
	e->limits_why = why;
}

/* With version 2, or where nothing of it is to be seen. */
static const char *why_no_controller(const struct probe *p)
{
	if (disabled_by_cmdline(p))
		return arena_printf(p->a,
				    _("the kernel was started with cgroup_disable=memory: take that out, or add "
				      "cgroup_enable=memory, in %s, and reboot"),
				    boot_command_line(p));
	if (virt_is_container(p->m->virt.kind))
		return _("this container is not given the memory controller (/sys/fs/cgroup/cgroup.controllers): ask "
			 "the host for it");
	return _("the memory controller is not in /sys/fs/cgroup/cgroup.controllers");
}

static void check_v2(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	const char *path = e->rootless ? delegated(p) : "/sys/fs/cgroup/cgroup.controllers";

	if (lists_memory(sysroot_read_line(p->root, p->a, path)))
		set_limits(e, ENFORCED_YES, arena_printf(p->a, _("%s lists memory"), path));
	else if (e->rootless)
		set_limits(e, ENFORCED_NO,
			   _("rootless Docker has no memory controller: delegate it (Delegate=memory pids in "
			     "user@.service.d), then log in again"));
	else
		set_limits(e, ENFORCED_NO, why_no_controller(p));
}

/*
 * Swap is accounted for where control groups have a file for it: version 1 wants swapaccount=1 on many kernels, and
 * version 2 can have it turned off. Version 2's root has no such file, a slice of systemd's has.
 */
static bool swap_is_unlimited(const struct probe *p)
{
	static const char *const files[][2] = {
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"},
		{"/sys/fs/cgroup/system.slice/memory.max", "/sys/fs/cgroup/system.slice/memory.swap.max"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (sysroot_exists(p->root, files[i][0]) && !sysroot_exists(p->root, files[i][1]))
			return true;
	return false;
}

static void check_limits(const struct probe *p, const struct cgroup_limits *limits)
{
	struct machine_engine *e = &p->m->engine;

	e->cgroup_version = limits->version;
	if (limits->version == 2)
		check_v2(p);
	else if (limits->version == 1 && e->rootless)
		set_limits(e, ENFORCED_NO, _("rootless Docker enforces limits with cgroup v2 only"));
	else if (limits->version == 1 && sysroot_exists(p->root, "/sys/fs/cgroup/memory/memory.limit_in_bytes"))
		set_limits(e, ENFORCED_YES, _("/sys/fs/cgroup/memory is mounted"));
	else if (disabled_by_cmdline(p))
		set_limits(e, ENFORCED_NO, why_no_controller(p));
	else if (limits->version == 1)
		set_limits(e, ENFORCED_NO, _("the memory controller is not mounted (cgroup v1)"));
	else
		set_limits(e, ENFORCED_UNKNOWN, _("there is no control group file system to look at"));
}

void probe_engine(const struct probe *p, const struct cgroup_limits *limits)
{
	struct machine_engine *e = &p->m->engine;

	find_rootless(p);
	probe_engine_kind(p);
	find_compose(p);
	e->compose_command = compose_command(&p->m->distro, e);
	check_limits(p, limits);
	if (e->limits == ENFORCED_YES && swap_is_unlimited(p))
		e->swap_limits_why = boot_command_line(p);
}

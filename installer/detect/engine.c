/* SPDX-License-Identifier: MIT */
/* Docker and Compose, and whether memory limits are enforced; asks no daemon. */
#include <string.h>
#include <unistd.h>

#include "core/strbuf.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define CMDLINE "/proc/cmdline"

struct tool {
	const char *const *paths;
	const char *const *packages;
};

static const char *const docker_paths[] = {"/usr/bin/docker", "/usr/local/bin/docker", "/snap/bin/docker", NULL};
static const char *const docker_packages[] = {"docker.io", "docker-ce", "moby-engine", NULL};
#define PLUGIN "/cli-plugins/docker-compose"
static const char *const compose_paths[] = {"/usr/libexec/docker" PLUGIN,
					    "/usr/lib/docker" PLUGIN,
					    "/usr/local/lib/docker" PLUGIN,
					    "/usr/local/libexec/docker" PLUGIN,
					    "/usr/bin/docker-compose",
					    "/usr/local/bin/docker-compose",
					    NULL};
static const char *const compose_packages[] = {"docker-compose-plugin", "docker-compose-v2", "docker-compose", NULL};

static const char *first_path(const struct probe *p, const char *const *paths)
{
	for (; *paths; paths++)
		if (sysroot_exists(p->root, *paths))
			return *paths;
	return NULL;
}

/* The version in the package's paragraph of dpkg's status file. */
static const char *package_version(const struct probe *p, const char *package)
{
	const char *head = arena_printf(p->a, "Package: %s\n", package);
	const char *text = sysroot_find(p->root, p->a, DPKG_STATUS, head, DPKG_STATUS_MAX), *end, *version;

	if (!text)
		return NULL;
	end = strstr(text, "\n\n");
	version = strstr(text, "\nVersion: ");
	if (!version || (end && version > end))
		return NULL;
	version += strlen("\nVersion: ");
	return arena_strndup(p->a, version, strcspn(version, "\r\n"));
}

/* The first installed package and its version. A sysroot without dpkg's file lists has only the status file. */
static const char *installed_package(const struct probe *p, const char *const *packages, const char **version)
{
	bool lists = sysroot_exists(p->root, DPKG_INFO);

	for (; *packages; packages++) {
		if (lists && !sysroot_exists(p->root, arena_printf(p->a, DPKG_INFO "/%s.list", *packages)))
			continue;
		*version = package_version(p, *packages);
		if (*version || lists)
			return *packages;
	}
	return NULL;
}

static bool find_tool(const struct probe *p, const struct tool *t, const char **path, const char **version,
		      const char **source)
{
	const char *package = installed_package(p, t->packages, version);

	*path = first_path(p, t->paths);
	if (package)
		*source = arena_printf(p->a, _("package %s"), package);
	return *path || package;
}

/*
 * Debian 12 has only 1.29, a program of its own; plugins run through docker. If only a package record is known, its
 * version decides.
 */
static const char *compose_command(const struct machine_engine *e)
{
	bool alone = e->compose_path ? !strstr(e->compose_path, PLUGIN)
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

static bool lists_memory(const char *controllers)
{
	while (controllers && *controllers) {
		size_t n = strcspn(controllers, " \t");

		if (n == 6 && strncmp(controllers, "memory", 6) == 0)
			return true;
		controllers += n;
		controllers += strspn(controllers, " \t");
	}
	return false;
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
	const char *line = sysroot_read_line(p->root, p->a, CMDLINE);

	return line && strstr(line, "cgroup_disable=memory");
}

static void set_limits(struct machine_engine *e, enum enforced limits, const char *why)
{
	e->limits = limits;
	e->limits_why = why;
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
		set_limits(e, ENFORCED_NO,
			   disabled_by_cmdline(p)
				   ? _("the kernel was started with cgroup_disable=memory: add cgroup_enable=memory "
				       "cgroup_memory=1 to /boot/firmware/cmdline.txt and reboot")
				   : _("the memory controller is not in /sys/fs/cgroup/cgroup.controllers"));
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
	else if (limits->version == 1 || disabled_by_cmdline(p))
		set_limits(e, ENFORCED_NO, _("the memory controller is not mounted (cgroup v1)"));
	else
		set_limits(e, ENFORCED_UNKNOWN, _("there is no control group file system to look at"));
}

void probe_engine(const struct probe *p, const struct cgroup_limits *limits)
{
	static const struct tool docker = {docker_paths, docker_packages}, compose = {compose_paths, compose_packages};
	struct machine_engine *e = &p->m->engine;

	e->docker = find_tool(p, &docker, &e->docker_path, &e->docker_version, &e->docker_source);
	e->compose = find_tool(p, &compose, &e->compose_path, &e->compose_version, &e->compose_source);
	e->compose_command = compose_command(e);
	find_rootless(p);
	check_limits(p, limits);
}

/* SPDX-License-Identifier: MIT */
/*
 * Which Docker this is: the daemon of a package, a snap, rootless or Docker Desktop; and what only looks like one, such
 * as a client alone, Podman's stand-in, or the rest of a package that was removed.
 */
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "core/text.h"
#include "detect/probe.h"

#define CLIENT_MAX 4096 /* of a script that stands in for docker */
#define SNAP "/snap/docker/current"
#define MAX_LINKS 8

static const char *const clients[] = {"/usr/bin/docker", "/usr/local/bin/docker", "/bin/docker",
				      "/run/current-system/sw/bin/docker", NULL};
static const char *const daemons[] = {"/usr/bin/dockerd",
				      "/usr/sbin/dockerd",
				      "/usr/local/bin/dockerd",
				      "/usr/local/sbin/dockerd",
				      "/opt/docker/bin/dockerd",
				      "/run/current-system/sw/bin/dockerd",
				      NULL};
static const char *const packages[] = {"docker-ce", "docker.io", "moby-engine", "docker", NULL};
static const char *const snaps[] = {SNAP "/meta/snap.yaml",	      SNAP "/bin/dockerd",	  "/snap/bin/docker",
				    "/var/lib/snapd/snap/bin/docker", "/var/snap/docker/current", NULL};
static const char *const desktops[] = {"/opt/docker-desktop", "/usr/lib/systemd/user/docker-desktop.service",
				       "/mnt/wsl/docker-desktop", NULL};

const char *probe_first_path(const struct probe *p, const char *const *paths)
{
	for (; *paths; paths++)
		if (sysroot_exists(p->root, *paths) || sysroot_readlink(p->root, p->a, *paths))
			return *paths;
	return NULL;
}

bool probe_socket(const struct probe *p, const char *path)
{
	struct stat st;

	return sysroot_stat(p->root, path, &st) == 0 && !S_ISDIR(st.st_mode);
}

const char *probe_package_field(const struct probe *p, const char *paragraph, const char *field)
{
	const char *end = strstr(paragraph, "\n\n");
	const char *at = strstr(paragraph, field);

	if (!at || (end && at > end))
		return NULL;
	at += strlen(field);
	return arena_strndup(p->a, at, strcspn(at, "\r\n"));
}

/* "WANT ERROR STATE" (dpkg(1)): triggers that have yet to run keep no program from running. */
static bool is_installed(const char *status)
{
	static const char *const ends[] = {" ok installed", " ok triggers-pending", " ok triggers-awaited"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (text_ends(status, ends[i]))
			return true;
	return false;
}

/* A removed package that left configuration behind keeps its paragraph, version and file list; its state tells. */
bool probe_package(const struct probe *p, const char *package, const char **version)
{
	const char *head = arena_printf(p->a, "Package: %s\n", package), *state;
	const char *text = sysroot_find(p->root, p->a, DPKG_STATUS, head, DPKG_STATUS_MAX);

	if (!text)
		return false;
	state = probe_package_field(p, text, "\nStatus: ");
	if (!state || !is_installed(state))
		return false;
	*version = probe_package_field(p, text, "\nVersion: ");
	return true;
}

/* A tree of another machine may have dpkg's file lists alone. */
static bool lists_only(const struct probe *p, const char *package)
{
	return !sysroot_exists(p->root, DPKG_STATUS) &&
	       sysroot_exists(p->root, arena_printf(p->a, DPKG_INFO "/%s.list", package));
}

const char *probe_installed(const struct probe *p, const char *const *names, const char **version)
{
	*version = NULL;
	for (; *names; names++)
		if (probe_package(p, *names, version) || lists_only(p, *names))
			return *names;
	return NULL;
}

const char *probe_link_end(const struct probe *p, const char *path)
{
	const char *to;

	for (int i = 0; i < MAX_LINKS && (to = sysroot_readlink(p->root, p->a, path)); i++)
		path = to[0] == '/' ? to : arena_printf(p->a, "%.*s/%s", (int)(strrchr(path, '/') - path), path, to);
	return path;
}

/* Is the path a link to a program of this name, or a script that runs it? */
static bool leads_to(const struct probe *p, const char *path, const char *program)
{
	const char *target = probe_link_end(p, path);
	char *text;
	size_t len;

	if (!STR_EQ(target, path) && strstr(target, program))
		return true;
	return sysroot_read(p->root, p->a, path, CLIENT_MAX, &text, &len) == 0 && strncmp(text, "#!", 2) == 0 &&
	       strstr(text, program);
}

/* What stands in for docker at this path, for people; NULL: it is docker, as far as can be told. */
static const char *stands_in(const struct probe *p, const char *path)
{
	if (leads_to(p, path, "podman"))
		return arena_printf(p->a, _("%s is Podman's stand-in, not Docker's engine"), path);
	if (leads_to(p, path, "nerdctl"))
		return arena_printf(p->a, _("%s is nerdctl, which speaks to containerd and not to Docker's engine"),
				    path);
	return NULL;
}

/* The client's path; NULL: there is none, or it is somebody else's. */
static const char *own_client(const struct probe *p)
{
	const char *path = probe_first_path(p, clients);

	return path && !stands_in(p, path) ? path : NULL;
}

/* Debian's package "docker" of old was a tray for windows; the daemon's program tells. */
static bool is_stray(const char *package, const char *daemon)
{
	return STR_EQ(package, "docker") && !daemon;
}

static bool find_system(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	const char *daemon = probe_first_path(p, daemons);
	const char *package = probe_installed(p, packages, &e->docker_version);

	if (package && is_stray(package, daemon))
		package = NULL;
	if (!package && !daemon)
		return false;
	e->docker_path = own_client(p);
	e->docker_path = e->docker_path ? e->docker_path : daemon;
	e->docker_package = package;
	e->docker_source = package ? arena_printf(p->a, _("package %s"), package) : daemon;
	return true;
}

/*
 * Something listens where Docker does, and nothing else tells what: snap and Desktop have their socket there too. A
 * directory is what Docker leaves where a socket was to be mounted that was not there.
 */
static bool find_socket(const struct probe *p)
{
	/* In an image /var/run may be a directory of its own, and people mount the socket there. */
	static const char *const sockets[] = {"/run/docker.sock", "/var/run/docker.sock"};
	struct machine_engine *e = &p->m->engine;

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		if (!probe_socket(p, sockets[i]) || stands_in(p, sockets[i]))
			continue;
		e->docker_path = own_client(p);
		e->docker_source = sockets[i];
		return true;
	}
	return false;
}

/* Runs a daemon that this file system has nothing of, as a container sees it that shares its host's processes? */
static bool sees_daemon(const struct probe *p)
{
	char **pids;
	long n = sysroot_list(p->root, p->a, "/proc", &pids);

	for (long i = 0; i < n; i++) {
		const char *comm, *exe;

		if (pids[i][0] < '1' || pids[i][0] > '9')
			continue;
		comm = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/proc/%s/comm", pids[i]));
		if (!comm || !STR_EQ(comm, "dockerd"))
			continue;
		exe = sysroot_readlink(p->root, p->a, arena_printf(p->a, "/proc/%s/exe", pids[i]));
		if (!exe || !sysroot_exists(p->root, exe))
			return true;
	}
	return false;
}

/* In a container without a daemon of its own: the host's, by a socket that was mounted or by its processes. */
static bool find_hosts(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;

	if (!virt_is_container(p->m->virt.kind))
		return false;
	if (!find_socket(p)) {
		if (e->rootless || !sees_daemon(p))
			return false;
		e->docker_path = own_client(p);
		e->docker_source = _("dockerd among the host's processes");
	}
	return true;
}

/* What only Docker's own repository has; its engine then comes from there too, for Debian's conflicts with these. */
static bool has_their_packages(const struct probe *p)
{
	static const char *const names[] = {
		"docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin", "docker-buildx-plugin", NULL};
	const char *version;

	return probe_installed(p, names, &version) || sysroot_exists(p->root, "/etc/yum.repos.d/docker-ce.repo");
}

static const char *snap_version(const struct probe *p)
{
	const char *line = sysroot_find(p->root, p->a, SNAP "/meta/snap.yaml", "version:", 65536);

	if (!line)
		return NULL;
	line += strlen("version:");
	line += strspn(line, " \t'\"");
	return arena_strndup(p->a, line, strcspn(line, "'\" \t\r\n"));
}

static bool find_snap(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;

	e->docker_path = probe_first_path(p, snaps);
	if (!e->docker_path)
		return false;
	if (sysroot_readlink(p->root, p->a, "/snap/bin/docker") || sysroot_exists(p->root, "/snap/bin/docker"))
		e->docker_path = "/snap/bin/docker";
	e->docker_version = snap_version(p);
	e->docker_source = _("snap docker");
	return true;
}

static bool find_desktop(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	const char *there = probe_first_path(p, desktops), *target;

	for (const char *const *c = clients; !there && *c; c++) {
		target = sysroot_readlink(p->root, p->a, *c);
		there = target && strstr(target, "docker-desktop") ? *c : NULL;
	}
	if (!there)
		return false;
	e->docker_path = probe_first_path(p, clients);
	e->docker_source = there;
	return true;
}

/* What there is in place of an engine, for people; NULL: nothing. */
static const char *what_instead(const struct probe *p)
{
	static const char *const stand_in[] = {"podman-docker", NULL}, *const client[] = {"docker-cli", "docker-ce-cli",
											  NULL};
	const char *path = probe_first_path(p, clients), *version, *package, *other = path ? stands_in(p, path) : NULL;

	package = probe_installed(p, stand_in, &version);
	if (other)
		return other;
	if (package)
		return arena_printf(p->a, _("%s is Podman's stand-in, not Docker's engine"), package);
	package = probe_installed(p, client, &version);
	if (path || package)
		return arena_printf(p->a, _("%s is Docker's client alone, without its engine (dockerd)"),
				    path ? path : package);
	return NULL;
}

void probe_engine_kind(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;

	e->kind = find_system(p)    ? ENGINE_SYSTEM
		  : find_snap(p)    ? ENGINE_SNAP
		  : find_desktop(p) ? ENGINE_DESKTOP
		  : find_hosts(p)   ? ENGINE_HOST
		  : find_socket(p)  ? ENGINE_SYSTEM
		  : e->rootless	    ? ENGINE_ROOTLESS
				    : ENGINE_NONE;
	e->docker = e->kind != ENGINE_NONE;
	e->theirs = has_their_packages(p);
	/* The package may be the system's while its daemon runs for a user alone. */
	if (e->kind == ENGINE_SYSTEM && e->rootless)
		e->kind = ENGINE_ROOTLESS;
	if (e->kind == ENGINE_ROOTLESS && !e->docker_source) {
		e->docker_path = probe_first_path(p, clients);
		e->docker_source = e->rootless_socket;
	}
	e->instead = e->docker ? NULL : what_instead(p);
}

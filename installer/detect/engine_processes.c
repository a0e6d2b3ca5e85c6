/* SPDX-License-Identifier: MIT */
/* What the engine's own processes use: dockerd, containerd, a shim for each container, a proxy for each port. */
#include "detect/engine_processes.h"

#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"

#define UNITS "/sys/fs/cgroup/system.slice/"
#define UNITS_V1 "/sys/fs/cgroup/memory/system.slice/"
/* Far more shims and proxies than a small server has; further ones count as the system's. */
#define MAX_PROCESSES 4096

struct process {
	const char *pid;
	uid_t uid;
	bool is_daemon;
	int64_t kib; /* memory that is not page cache; -1: unknown */
	const char *group;
};

struct scan {
	const struct probe *p;
	const struct cgroup_tree *tree;
	struct process *items;
	size_t count;
};

/* /proc/PID/comm is cut after 15 characters. */
static bool is_engines(const char *comm, bool *ret_daemon)
{
	static const char *const names[] = {"containerd",  "containerd-shim", "docker-containe", "docker-proxy",
					    "rootlesskit", "rootlesskit-doc", "slirp4netns",	 "vpnkit"};

	*ret_daemon = STR_EQ(comm, "dockerd");
	for (size_t i = 0; !*ret_daemon && i < ARRAY_SIZE(names); i++)
		if (STR_EQ(comm, names[i]))
			return true;
	return *ret_daemon;
}

/* A process of a container's own engine has a number in each of two namespaces: its memory is the container's. */
static bool is_nested(const char *status)
{
	const char *at = strstr(status, "\nNSpid:");
	size_t n;

	if (!at)
		return false;
	at += strlen("\nNSpid:");
	at += strspn(at, " \t");
	n = strspn(at, "0123456789");
	return at[n] == '\t' || at[n] == ' ';
}

/* Page cache (RssFile) is left out where the kernel tells it (4.5): MemAvailable has it. */
static int64_t resident_kib(const char *status)
{
	uint64_t anon, shmem = 0, all;

	if (probe_field(status, "RssAnon:", &anon)) {
		probe_field(status, "RssShmem:", &shmem);
		return (int64_t)(anon + shmem);
	}
	return probe_field(status, "VmRSS:", &all) ? (int64_t)all : -1;
}

static void look_at(struct scan *s, const char *pid)
{
	const struct probe *p = s->p;
	const char *comm = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/proc/%s/comm", pid)), *path;
	struct process one = {.pid = pid};
	uint64_t uid = 0;
	char *status;
	size_t len;

	if (!comm || !is_engines(comm, &one.is_daemon) || s->count == MAX_PROCESSES)
		return;
	if (sysroot_read(p->root, p->a, arena_printf(p->a, "/proc/%s/status", pid), 65536, &status, &len) < 0)
		status = arena_strdup(p->a, "");
	cgroup_of_process(p, s->tree, pid, &path, &one.group);
	if (is_nested(status) || (path && cgroup_path_has_container(path)))
		return;
	probe_field(status, "Uid:", &uid);
	one.uid = (uid_t)uid;
	one.kib = resident_kib(status);
	if (!s->items)
		s->items = arena_array(p->a, MAX_PROCESSES, sizeof(*s->items));
	s->items[s->count++] = one;
}

static void look_at_all(struct scan *s)
{
	const struct probe *p = s->p;
	char **names;
	long n = sysroot_list(p->root, p->a, "/proc", &names);

	for (long i = 0; i < n; i++)
		if (names[i][0] >= '0' && names[i][0] <= '9')
			look_at(s, names[i]);
}

static bool has_daemon(const struct engine_processes *e, uid_t uid)
{
	for (size_t i = 0; i < e->daemon_count; i++)
		if (e->daemons[i].uid == uid)
			return true;
	return false;
}

static void add_daemon(struct engine_processes *e, uid_t uid, const char *source)
{
	if (e->daemon_count < MAX_ENGINES && !has_daemon(e, uid))
		e->daemons[e->daemon_count++] = (struct engine_daemon){uid, source};
}

static int64_t group_mib(const struct probe *p, const struct cgroup_tree *tree, const char *dir, const char **ret)
{
	struct cgroup_use use;

	cgroup_read_use(p, tree, dir, &use);
	*ret = use.source;
	return use.known ? use.mib - use.cache_mib : -1;
}

/* Has an earlier process with unknown memory the same group? Its group is counted once. */
static bool counted_before(const struct scan *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (s->items[k].kib < 0 && s->items[k].group && STR_EQ(s->items[k].group, s->items[i].group))
			return true;
	return false;
}

/* Containerd and helpers count with a dockerd of the same user: without one they serve somebody else. */
static struct fact sum_up(const struct scan *s, const struct engine_processes *e, const char *below)
{
	const char *source = "/proc/*/status";
	int64_t kib = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct process *one = &s->items[i];
		int64_t mib;

		if (!has_daemon(e, one->uid) || (below && !(one->group && cgroup_lies_below(one->group, below))))
			continue;
		if (one->kib >= 0) {
			kib += one->kib;
			continue;
		}
		if (!one->group || STR_EQ(one->group, s->tree->mount) || counted_before(s, i))
			continue;
		mib = group_mib(s->p, s->tree, one->group, &source);
		if (mib < 0)
			return fact_unknown(arena_printf(s->p->a, "/proc/%s/status", one->pid),
					    _("it does not tell the memory of the engine's process"));
		kib += mib << 10;
	}
	return fact_exact(kib >> 10, source);
}

/* A dump of /sys alone still has the units' control groups. */
static bool by_units(const struct probe *p, const struct cgroup_tree *tree, struct engine_processes *ret)
{
	static const char *const units[] = {"docker.service", "containerd.service"};
	int64_t sum = 0;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const char *dir = arena_printf(p->a, "%s%s", tree->version == 1 ? UNITS_V1 : UNITS, units[i]), *source;
		int64_t mib = group_mib(p, tree, dir, &source);

		if (mib < 0)
			continue;
		if (i == 0)
			add_daemon(ret, 0, dir);
		sum += mib;
		found |= i == 0;
		ret->use = fact_exact(sum, source);
	}
	return found;
}

/* Where processes cannot be seen, an engine shows by its socket. Podman's stand-in is a link to its own. */
static void by_sockets(const struct probe *p, struct engine_processes *ret)
{
	const char *link = sysroot_readlink(p->root, p->a, "/run/docker.sock");
	char **users;
	long n = sysroot_list(p->root, p->a, "/run/user", &users);
	uint64_t uid;

	if (probe_socket(p, "/run/docker.sock") && !(link && strstr(link, "podman")))
		add_daemon(ret, 0, "/run/docker.sock");
	for (long i = 0; i < n; i++) {
		const char *path = arena_printf(p->a, "/run/user/%s/docker.sock", users[i]);

		if (parse_uint(users[i], UINT32_MAX, &uid) && probe_socket(p, path))
			add_daemon(ret, (uid_t)uid, path);
	}
}

void engine_processes_find(const struct probe *p, const struct cgroup_tree *tree, const char *below,
			   struct engine_processes *ret)
{
	struct scan s = {p, tree, NULL, 0};

	*ret = (struct engine_processes){.daemon_count = 0};
	look_at_all(&s);
	for (size_t i = 0; i < s.count; i++)
		if (s.items[i].is_daemon)
			add_daemon(ret, s.items[i].uid, arena_printf(p->a, "/proc/%s", s.items[i].pid));
	ret->use = sum_up(&s, ret, below);
	if (ret->daemon_count > 0 || (sysroot_is_live(p->root) && geteuid() == 0) || by_units(p, tree, ret))
		return;
	by_sockets(p, ret);
	ret->use = ret->daemon_count > 0 ? fact_unknown(ret->daemons[0].source,
							_("an engine runs there, and its processes cannot be seen"))
					 : fact_exact(0, "/proc");
}

/* SPDX-License-Identifier: MIT */
/* Limits on our own cgroup path: the smallest value from our cgroup up to the root counts. */
#include <string.h>

#include "core/cgroup_line.h"
#include "core/units.h"
#include "detect/probe.h"

#define CGROUP "/sys/fs/cgroup"

/* cgroup v1 writes "no limit" as a number near the largest page count. */
#define NO_LIMIT ((uint64_t)1 << 60)

struct controller {
	const char *v1_name;
	/* Looks at one level; dir has no trailing slash. */
	void (*look)(const struct probe *p, const char *dir, int version, struct cgroup_limits *ret);
};

static const char *join(const struct probe *p, const char *dir, const char *file)
{
	return arena_printf(p->a, "%s/%s", dir, file);
}

/* Takes a limit of the group if it is the smallest so far. */
static void take_memory(const struct probe *p, const char *dir, const char *file, uint64_t bytes, int version,
			struct cgroup_limits *ret)
{
	int64_t mib = bytes < NO_LIMIT ? (int64_t)(bytes >> 20) : 0;

	if (mib == 0 || (ret->memory_mib > 0 && mib >= ret->memory_mib))
		return;
	ret->memory_mib = mib;
	ret->memory_at = join(p, dir, file);
	ret->memory_dir = dir;
	ret->memory_version = version;
	ret->memory_high = STR_EQ(file, "memory.high");
}

/*
 * Version 1's memory.stat also tells the smallest limit of all groups above, which may be out of sight
 * (hierarchical_memory_limit; kernel, cgroup-v1/memory.rst).
 */
static void look_memory(const struct probe *p, const char *dir, int version, struct cgroup_limits *ret)
{
	static const char *const files[][2] = {{"memory.limit_in_bytes", NULL}, {"memory.max", "memory.high"}};
	uint64_t bytes;
	char *stat;
	size_t len;

	for (size_t i = 0; i < 2 && files[version - 1][i]; i++) {
		const char *line = sysroot_read_line(p->root, p->a, join(p, dir, files[version - 1][i]));

		if (line && parse_uint(line, UINT64_MAX, &bytes))
			take_memory(p, dir, files[version - 1][i], bytes, version, ret);
	}
	if (version == 1 && sysroot_read(p->root, p->a, join(p, dir, "memory.stat"), 0, &stat, &len) == 0 &&
	    probe_field(stat, "hierarchical_memory_limit ", &bytes))
		take_memory(p, dir, "memory.stat", bytes, version, ret);
}

static bool read_bytes(const struct probe *p, const char *dir, const char *file, uint64_t *ret)
{
	const char *line = sysroot_read_line(p->root, p->a, join(p, dir, file));

	return line && parse_uint(line, UINT64_MAX, ret);
}

/* Version 1 limits memory and swap together. */
static void look_swap(const struct probe *p, const char *dir, int version, struct cgroup_limits *ret)
{
	const char *file = version == 2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	uint64_t bytes, memory = 0;
	int64_t mib;

	if (!read_bytes(p, dir, file, &bytes) || bytes >= NO_LIMIT ||
	    (version == 1 && (!read_bytes(p, dir, "memory.limit_in_bytes", &memory) || memory > bytes)))
		return;
	mib = (int64_t)((bytes - memory) >> 20);
	if (ret->swap_mib >= 0 && mib >= ret->swap_mib)
		return;
	ret->swap_mib = mib;
	ret->swap_at = join(p, dir, file);
}

static bool read_quota(const struct probe *p, const char *dir, int version, uint64_t *quota, uint64_t *period)
{
	const char *line, *end;

	if (version == 2) {
		line = sysroot_read_line(p->root, p->a, join(p, dir, "cpu.max"));
		return line && parse_uint_prefix(line, NO_LIMIT, quota, &end) &&
		       parse_uint_prefix(end, NO_LIMIT, period, &end);
	}
	line = sysroot_read_line(p->root, p->a, join(p, dir, "cpu.cfs_quota_us"));
	if (!line || !parse_uint(line, NO_LIMIT, quota)) /* -1: no quota */
		return false;
	line = sysroot_read_line(p->root, p->a, join(p, dir, "cpu.cfs_period_us"));
	return line && parse_uint(line, NO_LIMIT, period);
}

static void look_cpu(const struct probe *p, const char *dir, int version, struct cgroup_limits *ret)
{
	uint64_t quota, period;
	int64_t milli;

	if (!read_quota(p, dir, version, &quota, &period) || period == 0 || quota == 0 || quota > NO_LIMIT / 1000)
		return;
	milli = (int64_t)max_i64(1, (int64_t)(quota * 1000 / period));
	if (ret->quota_milli == 0 || milli < ret->quota_milli) {
		ret->quota_milli = milli;
		ret->quota_at = join(p, dir, version == 2 ? "cpu.max" : "cpu.cfs_quota_us");
	}
}

static void look_cpuset(const struct probe *p, const char *dir, int version, struct cgroup_limits *ret)
{
	const char *path = join(p, dir, version == 2 ? "cpuset.cpus.effective" : "cpuset.cpus");
	const char *line = sysroot_read_line(p->root, p->a, path);
	int64_t count = line ? probe_count_list(line) : 0;

	if (count > 0 && (ret->cpuset == 0 || count < ret->cpuset)) {
		ret->cpuset = count;
		ret->cpuset_at = path;
	}
}

static const struct controller controllers[] = {
	{"memory", look_memory},
	{"memory", look_swap},
	{"cpu", look_cpu},
	{"cpuset", look_cpuset},
};

/* The kernel writes ".." if we are outside our cgroup namespace's root; do not leave the mount. */
static bool path_is_safe(const char *path)
{
	return path[0] == '/' && !strstr(path, "/../") &&
	       !(strlen(path) >= 3 && STR_EQ(path + strlen(path) - 3, "/.."));
}

static void walk_up(const struct probe *p, const struct controller *c, const char *mount, const char *path, int version,
		    struct cgroup_limits *ret)
{
	char *dir = arena_printf(p->a, "%s%s", mount, path_is_safe(path) ? path : "/");
	size_t root = strlen(mount);

	for (;;) {
		size_t n = strlen(dir);

		while (n > root && dir[n - 1] == '/')
			dir[--n] = '\0';
		c->look(p, arena_strdup(p->a, dir), version, ret);
		if (n <= root)
			return;
		while (n > root && dir[n - 1] != '/')
			dir[--n] = '\0';
	}
}

/* One line of /proc/self/cgroup: "ID:CONTROLLERS:PATH"; v2 has ID 0 and no controllers. */
static void read_line(const struct probe *p, const char *line, struct cgroup_limits *ret)
{
	const char *names = strchr(line, ':');
	const char *path = names ? strchr(names + 1, ':') : NULL;
	size_t n;

	if (!path)
		return;
	n = (size_t)(path - names - 1);
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		const struct controller *c = &controllers[i];

		if (n == 0) {
			bool hybrid = sysroot_exists(p->root, CGROUP "/unified/cgroup.controllers");

			walk_up(p, c, hybrid ? CGROUP "/unified" : CGROUP, path + 1, 2, ret);
		} else if (cgroup_lists(names + 1, n, c->v1_name)) {
			walk_up(p, c, arena_printf(p->a, CGROUP "/%s", c->v1_name), path + 1, 1, ret);
		}
	}
}

/* Fills in the limits; all zero if there is no cgroup file system. */
void probe_cgroup(const struct probe *p, struct cgroup_limits *ret)
{
	char *text, *line;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	ret->swap_mib = -1;
	if (sysroot_exists(p->root, CGROUP "/cgroup.controllers"))
		ret->version = 2;
	else if (sysroot_exists(p->root, CGROUP "/memory") || sysroot_exists(p->root, CGROUP "/cpu"))
		ret->version = 1;
	if (sysroot_read(p->root, p->a, "/proc/self/cgroup", 0, &text, &len) < 0)
		return;
	for (line = text; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		read_line(p, line, ret);
		line = end;
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * Memory in use now, less the gateway's own containers: on a rerun they are running, and would count twice if they
 * counted as system. Asks no daemon: reads Docker's data root and the cgroups.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define CONTAINERS "/var/lib/docker/containers"
#define ID_LEN 64

/* Cgroups of Docker's containers, by cgroup version and driver; %s is the container's id. */
static const struct {
	const char *group;
	const char *usage;
	const char *cache; /* key in memory.stat of the page cache to subtract */
} layouts[] = {
	{"/sys/fs/cgroup/system.slice/docker-%s.scope", "memory.current", "inactive_file "},
	{"/sys/fs/cgroup/docker/%s", "memory.current", "inactive_file "},
	{"/sys/fs/cgroup/memory/docker/%s", "memory.usage_in_bytes", "total_inactive_file "},
	{"/sys/fs/cgroup/memory/system.slice/docker-%s.scope", "memory.usage_in_bytes", "total_inactive_file "},
};

/* Replaces the only %s of a layout by the id. */
static char *group_path(const struct probe *p, const char *layout, const char *id)
{
	const char *at = strstr(layout, "%s");

	return arena_printf(p->a, "%.*s%s%s", (int)(at - layout), layout, id, at + 2);
}

/* As `docker stats` counts: usage less the inactive page cache. */
static int64_t container_mib(const struct probe *p, const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		char *group = group_path(p, layouts[i].group, id), *stat;
		const char *line =
			sysroot_read_line(p->root, p->a, arena_printf(p->a, "%s/%s", group, layouts[i].usage));
		uint64_t usage, cache = 0;
		size_t len;

		if (!line || !parse_uint(line, INT64_MAX, &usage))
			continue;
		if (sysroot_read(p->root, p->a, arena_printf(p->a, "%s/memory.stat", group), 0, &stat, &len) == 0)
			probe_field(stat, layouts[i].cache, &cache);
		return (int64_t)((usage > cache ? usage - cache : 0) >> 20);
	}
	return 0;
}

static bool is_ours(const struct probe *p, const char *id)
{
	json_t *root, *labels;
	const char *dir;
	char *text;
	size_t len;
	bool ours;

	if (sysroot_read(p->root, p->a, arena_printf(p->a, CONTAINERS "/%s/config.v2.json", id), 0, &text, &len) < 0)
		return false;
	root = json_loadb(text, len, 0, NULL);
	labels = json_object_get(json_object_get(root, "Config"), "Labels");
	dir = json_string_value(json_object_get(labels, "com.docker.compose.project.working_dir"));
	ours = dir && STR_EQ(dir, p->request->stack_dir);
	json_decref(root);
	return ours;
}

static struct fact gateway(const struct probe *p)
{
	char **ids;
	long n = sysroot_list(p->root, p->a, CONTAINERS, &ids);
	int64_t sum = 0;

	if (n == -ENOENT || n == -ENOTDIR)
		return fact_exact(0, CONTAINERS);
	if (n < 0)
		return fact_unknown(CONTAINERS,
				    _("it cannot be read; run as root to tell the gateway's own use apart"));
	for (long i = 0; i < n; i++)
		if (strlen(ids[i]) == ID_LEN && is_ours(p, ids[i]))
			sum += container_mib(p, ids[i]);
	return fact_exact(sum, CONTAINERS);
}

void probe_footprint(const struct probe *p)
{
	struct machine_ram *r = &p->m->ram;
	int64_t own, used;

	r->gateway = gateway(p);
	if (r->available.confidence == FACT_UNKNOWN || r->usable.confidence == FACT_ASSUMED) {
		r->in_use = fact_unknown("/proc/meminfo", _("it takes MemTotal and MemAvailable"));
		return;
	}
	own = r->gateway.confidence == FACT_UNKNOWN ? 0 : r->gateway.value;
	used = max_i64(0, r->usable.value - r->available.value - own);
	r->in_use = fact_inferred(used, "/proc/meminfo",
				  own > 0 ? arena_printf(p->a,
							 _("MemTotal - MemAvailable, less %lld of the gateway itself"),
							 (long long)own)
					  : "MemTotal - MemAvailable");
}

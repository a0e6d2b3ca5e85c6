/* SPDX-License-Identifier: MIT */
/*
 * What is in use now, each part counted once: containers, the engine's own daemons, and the system itself, which is
 * what remains. Memory that the kernel gets back at once is in nobody's use.
 */
#include <string.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "core/units.h"
#include "detect/containers.h"

#define MEMINFO "/proc/meminfo"
#define ARCSTATS "/proc/spl/kstat/zfs/arcstats"

/* The third column of "size 4 4294967296". */
static bool arc_field(const char *text, const char *key, uint64_t *ret)
{
	const char *at[3];
	size_t len[3];

	for (const char *line = text; *line; line += *line == '\n') {
		if (strncmp(line, key, strlen(key)) == 0 && probe_columns(line, at, len, 3) == 3 &&
		    len[0] == strlen(key)) {
			const char *end;

			return parse_uint_prefix(at[2], INT64_MAX, ret, &end);
		}
		line += strcspn(line, "\n");
	}
	return false;
}

/*
 * What ZFS's cache holds above its minimum (openzfs, arc_stats: size, c_min). MemAvailable does not have it, though the
 * kernel gets it back at need. Inside a container the cache is the host's, and lxcfs leaves it out of MemTotal's use.
 */
static int64_t reclaimable_arc(const struct probe *p)
{
	uint64_t size, least;
	char *text;
	size_t len;

	if (virt_is_container(p->m->virt.kind) || sysroot_read(p->root, p->a, ARCSTATS, 0, &text, &len) < 0 ||
	    !arc_field(text, "size", &size) || !arc_field(text, "c_min", &least) || size <= least)
		return 0;
	return (int64_t)((size - least) >> 20);
}

/* Pages set aside, whether or not anybody uses them: of all sizes (Hugetlb, 4.20), else those of the usual size. */
static int64_t huge_pages(const struct probe *p)
{
	uint64_t all, count, size;
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, MEMINFO, 0, &text, &len) < 0)
		return 0;
	if (probe_field(text, "Hugetlb:", &all))
		return (int64_t)(all >> 10);
	if (!probe_field(text, "HugePages_Total:", &count) || !probe_field(text, "Hugepagesize:", &size) ||
	    count > INT64_MAX / (size + 1))
		return 0;
	return (int64_t)(count * size >> 10);
}

/* What containers hold of MemTotal - MemAvailable, or of the group `below`: there, their page cache counts too. */
static int64_t held_by_containers(const struct machine *m, const char *below)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (c->use.confidence == FACT_UNKNOWN)
			continue;
		if (!below)
			sum += c->use.value - c->cache_mib;
		else if (c->group && cgroup_lies_below(c->group, below))
			sum += c->use.value;
	}
	return sum;
}

/* Sets in_use to `used` less what others hold of it, and says so. */
static void set_in_use(const struct probe *p, const char *source, const char *base, int64_t used, const char *below)
{
	struct machine_ram *r = &p->m->ram;
	const int64_t containers = held_by_containers(p->m, below), daemons = fact_or_zero(&r->daemons);
	struct strbuf why = STRBUF_INIT;

	used = max_i64(0, used - containers - daemons - r->arc_mib);
	r->huge_pages_mib = min_i64(r->huge_pages_mib, used);
	strbuf_puts(&why, base);
	if (containers > 0)
		strbuf_printf(&why, _(", less %lld of containers"), (long long)containers);
	if (daemons > 0)
		strbuf_printf(&why, _(", less %lld of the engine's daemons"), (long long)daemons);
	if (r->arc_mib > 0)
		strbuf_printf(&why, _(", less %lld that ZFS's cache gives back at need"), (long long)r->arc_mib);
	if (r->huge_pages_mib > 0)
		strbuf_printf(&why, _("; %lld of it are huge pages"), (long long)r->huge_pages_mib);
	if (r->containers.confidence == FACT_UNKNOWN)
		strbuf_puts(&why, _("; containers that cannot be told are in it"));
	r->in_use = fact_inferred(used, source, arena_strdup(p->a, strbuf_text(&why)));
	strbuf_clear(&why);
}

/* The control group whose limit is ours; NULL: none is smaller than the machine. */
static const char *own_group(const struct probe *p, const struct cgroup_limits *limits)
{
	const struct machine_ram *r = &p->m->ram;

	return limits->memory_mib > 0 && (r->effective.value < r->usable.value || r->usable.confidence == FACT_ASSUMED)
		       ? limits->memory_dir
		       : NULL;
}

static struct cgroup_use own_use(const struct probe *p, const struct cgroup_limits *limits)
{
	const struct cgroup_tree tree = {limits->memory_version, "", "/"};
	struct cgroup_use use;

	cgroup_read_use(p, &tree, limits->memory_dir, &use);
	return use;
}

/* Where a limit is ours, meminfo is the host's, and tells nothing of what lies below the limit. */
static void in_own_group(const struct probe *p, const struct cgroup_limits *limits)
{
	const struct cgroup_use use = own_use(p, limits);

	if (use.known)
		set_in_use(p, use.source, _("what this limited control group uses, less inactive page cache"), use.mib,
			   limits->memory_dir);
	else
		p->m->ram.in_use = fact_unknown(use.source, _("the use of the control group with the limit"));
}

static void in_machine(const struct probe *p)
{
	struct machine_ram *r = &p->m->ram;

	if (r->available.confidence == FACT_UNKNOWN || r->usable.confidence == FACT_ASSUMED) {
		r->in_use = fact_unknown(MEMINFO, _("MemTotal and MemAvailable are needed for it"));
		return;
	}
	r->huge_pages_mib = huge_pages(p);
	r->arc_mib = min_i64(reclaimable_arc(p), max_i64(0, r->usable.value - r->available.value));
	set_in_use(p, MEMINFO, "MemTotal - MemAvailable", r->usable.value - r->available.value, NULL);
}

/* Pages in swap that are in RAM too count there. */
static int64_t swap_cached(const struct probe *p)
{
	uint64_t kib;
	char *text;
	size_t len;

	return sysroot_read(p->root, p->a, MEMINFO, 0, &text, &len) == 0 && probe_field(text, "SwapCached:", &kib)
		       ? (int64_t)(kib >> 10)
		       : 0;
}

static int64_t used_on_disk(const struct machine_swap *w)
{
	int64_t sum = 0;

	for (size_t i = 0; i < w->area_count; i++)
		sum += w->areas[i].kind == SWAP_KIND_ZRAM ? 0 : w->areas[i].used_mib;
	return sum;
}

/* What the system itself has in swap on disk. What lies in zram is in RAM, and counted there. */
static struct fact system_swap(const struct probe *p, const struct cgroup_limits *limits, const char *below)
{
	const struct machine_swap *w = &p->m->swap;
	const int64_t disk = used_on_disk(w);
	struct cgroup_use own;

	if (w->active.confidence != FACT_EXACT)
		return fact_unknown("/proc/swaps", _("it cannot be read"));
	if (disk == 0)
		return fact_exact(0, "/proc/swaps");
	if (w->containers.confidence == FACT_UNKNOWN)
		return fact_unknown(w->containers.source, _("the containers' part of it cannot be told"));
	if (!below && virt_is_container(p->m->virt.kind))
		return fact_unknown("/proc/swaps", _("the swap is the host's"));
	if (!below)
		return fact_inferred(
			max_i64(0, min_i64(disk, w->used_mib - w->containers.value) - swap_cached(p)), "/proc/swaps",
			w->containers.value > 0 ? _("what is used of all areas, less the containers' part") : NULL);
	own = own_use(p, limits);
	return own.swap_known ? fact_inferred(max_i64(0, own.swap_mib - w->containers.value), own.swap_source, NULL)
			      : fact_unknown(own.swap_source ? own.swap_source : own.source,
					     _("the use of the control group with the limit"));
}

void probe_footprint(const struct probe *p, const struct cgroup_limits *limits)
{
	const char *below = own_group(p, limits);
	struct machine *m = p->m;
	struct cgroup_tree tree;
	struct engine_processes engines;

	cgroup_tree_find(p, &tree);
	engine_processes_find(p, &tree, below, &engines);
	containers_find(p, &tree, &engines);
	m->ram.daemons = engines.use;
	if (m->containers.count > 0 && engines.daemon_count == 0)
		m->ram.daemons = fact_unknown("/proc", _("containers run, and the engine's processes cannot be seen"));
	if (below)
		in_own_group(p, limits);
	else
		in_machine(p);
	m->swap.system = system_swap(p, limits, below);
}

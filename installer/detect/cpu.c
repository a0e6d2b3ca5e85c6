/* SPDX-License-Identifier: MIT */
/* Usable cores: the smallest of online, affinity, cpuset and quota. */
#include <sched.h>
#include <string.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define ONLINE "/sys/devices/system/cpu/online"
#define CPUINFO "/proc/cpuinfo"
#define STATUS "/proc/self/status"

static int64_t count_lines(const char *text, const char *start)
{
	int64_t count = 0;
	size_t n = strlen(start);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		count += strncmp(line, start, n) == 0;
	}
	return count;
}

static struct fact online(const struct probe *p)
{
	const char *list = sysroot_read_line(p->root, p->a, ONLINE);
	int64_t count = list ? probe_count_list(list) : 0;
	char *text;
	size_t len;

	if (count > 0)
		return fact_exact(count, ONLINE);
	if (sysroot_read(p->root, p->a, CPUINFO, 0, &text, &len) == 0)
		count = count_lines(text, "processor\t");
	if (count > 0)
		return fact_exact(count, CPUINFO);
	return fact_unknown(ONLINE, _("neither it nor /proc/cpuinfo says"));
}

static struct fact affinity(const struct probe *p)
{
	cpu_set_t set;
	char *text;
	const char *list;
	size_t len;
	int64_t count;

	if (sysroot_is_live(p->root) && sched_getaffinity(0, sizeof(set), &set) == 0)
		return fact_exact(CPU_COUNT(&set), "sched_getaffinity(2)");
	if (sysroot_read(p->root, p->a, STATUS, 0, &text, &len) < 0)
		return fact_unknown(STATUS, _("it cannot be read"));
	list = strstr(text, "Cpus_allowed_list:");
	if (!list)
		return fact_unknown(STATUS, _("there is no Cpus_allowed_list in it"));
	list += strlen("Cpus_allowed_list:");
	list += strspn(list, " \t");
	count = probe_count_list(arena_strndup(p->a, list, strcspn(list, " \r\n")));
	return count > 0 ? fact_exact(count, STATUS) : fact_unknown(STATUS, _("its Cpus_allowed_list cannot be read"));
}

static void take_smaller(struct fact *best, const struct fact *f, int64_t value)
{
	if (f->confidence == FACT_UNKNOWN || (best->confidence != FACT_UNKNOWN && best->value <= value))
		return;
	*best = *f;
	best->value = max_i64(1, value);
}

/* Affinity masks may cover cores that do not exist, so each source is only an upper bound. */
void probe_cpus(const struct probe *p, const struct cgroup_limits *limits)
{
	struct machine_cpus *c = &p->m->cpus;

	c->online = online(p);
	c->affinity = affinity(p);
	c->cpuset = limits->cpuset > 0 ? fact_exact(limits->cpuset, limits->cpuset_at)
				       : fact_unknown("/sys/fs/cgroup", _("no cpuset on this control group"));
	c->quota_milli = limits->quota_milli > 0 ? fact_exact(limits->quota_milli, limits->quota_at)
						 : fact_unknown("/sys/fs/cgroup", _("no quota on this control group"));
	c->effective = fact_unknown(ONLINE, NULL);
	take_smaller(&c->effective, &c->online, c->online.value);
	take_smaller(&c->effective, &c->affinity, c->affinity.value);
	take_smaller(&c->effective, &c->cpuset, c->cpuset.value);
	take_smaller(&c->effective, &c->quota_milli, (c->quota_milli.value + 999) / 1000);
	if (c->effective.confidence == FACT_UNKNOWN)
		c->effective = fact_assumed(1, ONLINE, _("no source says how many cores there are"));
}

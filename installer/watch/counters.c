/* SPDX-License-Identifier: MIT */
#include "watch/counters.h"

#include <string.h>

#include "core/macros.h"
#include "core/units.h"

#define U WATCH_UNKNOWN

const struct watch_use watch_use_unknown = {U, U, U, U, U, U, U, {U, U, U, U, U, U}};

/*
 * The number at `at`. A counter of the kernel can underflow and be shown as a negative number, or as one near 2^64:
 * both mean "a little less than nothing", and count as 0. WATCH_UNKNOWN: there is no number.
 */
static int64_t number_at(const char *at)
{
	uint64_t n;
	const char *end;

	at += strspn(at, " \t");
	if (*at == '-')
		return at[1] >= '0' && at[1] <= '9' ? 0 : U;
	if (!parse_uint_prefix(at, UINT64_MAX, &n, &end))
		return U;
	return n > INT64_MAX ? 0 : (int64_t)n;
}

/* The number behind "key " at the start of a line, as it stands; WATCH_UNKNOWN: there is none. text may be NULL. */
int64_t watch_field(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, key, n) == 0 && (line[n] == ' ' || line[n] == '\t' || line[n] == ':'))
			return number_at(line + n + 1);
	return U;
}

/* A file with one number of bytes, in KiB; "max" and what no machine has are 0, no limit. WATCH_UNKNOWN: no number. */
int64_t watch_bytes(const char *text)
{
	int64_t n;

	if (!text)
		return U;
	if (strncmp(text, "max", 3) == 0)
		return 0;
	n = number_at(text);
	return n < 0 ? U : n / 1024 > WATCH_MAX_KIB ? 0 : n / 1024;
}

static int64_t kib_of(const char *text, const char *key)
{
	int64_t n = watch_field(text, key);

	return n < 0 ? U : min_i64(n / 1024, WATCH_MAX_KIB);
}

static int64_t or_zero(int64_t n)
{
	return n < 0 ? 0 : n;
}

/* Kernel memory without what can be reclaimed. Before 5.18 there is no total: its parts, each 0 where it is absent. */
static int64_t kernel_kib(const char *stat)
{
	static const char *const parts[] = {"slab_unreclaimable", "kernel_stack", "pagetables", "percpu", "vmalloc"};
	int64_t all = kib_of(stat, "kernel"), sum = 0;

	if (all >= 0)
		return max_i64(0, all - or_zero(kib_of(stat, "slab_reclaimable")));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += or_zero(kib_of(stat, parts[i]));
	return sum;
}

/* "12.34" in hundredths, at most 100 %. */
static int64_t hundredths(const char *at)
{
	int64_t whole = number_at(at), part = 0;
	const char *dot = strchr(at, '.');

	if (whole < 0)
		return U;
	if (dot && dot < at + strcspn(at, " \n") && dot[1] >= '0' && dot[1] <= '9') {
		part = (dot[1] - '0') * 10;
		if (dot[2] >= '0' && dot[2] <= '9')
			part += dot[2] - '0';
	}
	return whole >= 100 ? 10000 : whole * 100 + part;
}

/* How long some task waited for memory since the group was made, in microseconds; WATCH_UNKNOWN: not told. */
int64_t watch_stalled_us(const char *text)
{
	const char *at = text && strncmp(text, "some ", 5) == 0 ? strstr(text, "total=") : NULL;

	return at && at < text + strcspn(text, "\n") ? number_at(at + strlen("total=")) : U;
}

static int64_t average(const char *line, const char *name)
{
	const char *end = line + strcspn(line, "\n"), *at = strstr(line, name);

	return at && at < end ? hundredths(at + strlen(name)) : U;
}

static void read_line(const char *line, int64_t *ten, int64_t *sixty, int64_t *three_hundred)
{
	*ten = average(line, "avg10=");
	*sixty = average(line, "avg60=");
	*three_hundred = average(line, "avg300=");
}

/* Of memory.pressure or /proc/pressure/memory (kernel's accounting/psi.rst). text NULL: nothing is known. */
void watch_read_pressure(const char *text, struct watch_pressure *ret)
{
	*ret = watch_use_unknown.pressure;
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (strncmp(line, "some ", 5) == 0)
			read_line(line, &ret->some10, &ret->some60, &ret->some300);
		else if (strncmp(line, "full ", 5) == 0)
			read_line(line, &ret->full10, &ret->full60, &ret->full300);
	}
}

static int64_t less(int64_t a, int64_t b)
{
	return a < 0 ? U : max_i64(0, a - or_zero(b));
}

/* Version 2 (kernel's cgroup-v2.rst). What a machine does not have stays WATCH_UNKNOWN. */
void watch_count_v2(const struct watch_files *f, struct watch_use *ret)
{
	const int64_t anon = kib_of(f->stat, "anon"), shared = or_zero(kib_of(f->stat, "shmem"));

	*ret = watch_use_unknown;
	if (anon >= 0)
		ret->need_kib = anon + shared + or_zero(kib_of(f->stat, "sock")) + kernel_kib(f->stat);
	ret->ws_kib = less(watch_bytes(f->current), kib_of(f->stat, "inactive_file"));
	ret->swap_kib = watch_bytes(f->swap);
	ret->limit_kib = watch_bytes(f->max);
	ret->peak_kib = watch_bytes(f->peak);
	ret->oom_kill = watch_field(f->events, "oom_kill");
	ret->at_limit = watch_field(f->events, "max");
	watch_read_pressure(f->pressure, &ret->pressure);
}

/*
 * Version 1 (kernel's cgroup-v1/memory.rst): swap and the limit in force stand in memory.stat, kills in
 * memory.oom_control since 4.13. Shared memory has no line before 4.x's "shmem", and is in the cache there.
 */
void watch_count_v1(const struct watch_files *f, struct watch_use *ret)
{
	const int64_t anon = kib_of(f->stat, "total_rss"), shared = or_zero(kib_of(f->stat, "total_shmem"));
	const int64_t limit = watch_field(f->stat, "hierarchical_memory_limit");

	*ret = watch_use_unknown;
	if (anon >= 0)
		ret->need_kib = anon + shared + or_zero(watch_bytes(f->kmem));
	ret->ws_kib = less(watch_bytes(f->current), kib_of(f->stat, "total_inactive_file"));
	ret->swap_kib = kib_of(f->stat, "total_swap");
	ret->limit_kib = limit < 0 ? U : limit / 1024 > WATCH_MAX_KIB ? 0 : limit / 1024;
	ret->peak_kib = watch_bytes(f->peak);
	ret->oom_kill = watch_field(f->events, "oom_kill");
	ret->pressure = watch_use_unknown.pressure;
}

/* Of /proc/meminfo (its sizes are KiB already), /proc/vmstat (pages of 4 KiB) and /proc/pressure/memory. */
void watch_count_host(const char *meminfo, const char *vmstat, const char *pressure, struct watch_host *ret)
{
	const int64_t pages = watch_field(vmstat, "pswpout");

	ret->total_kib = watch_field(meminfo, "MemTotal");
	ret->available_kib = watch_field(meminfo, "MemAvailable");
	ret->swap_total_kib = watch_field(meminfo, "SwapTotal");
	ret->swap_used_kib = less(ret->swap_total_kib, watch_field(meminfo, "SwapFree"));
	ret->oom_kill = watch_field(vmstat, "oom_kill");
	ret->swapped_out_kib = pages < 0 || pages > WATCH_MAX_KIB ? U : pages * 4;
	watch_read_pressure(pressure, &ret->pressure);
}

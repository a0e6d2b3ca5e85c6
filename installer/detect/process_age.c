/* SPDX-License-Identifier: MIT */
/* For how long something has been running, in seconds, by the clock of the machine whose tree it is. */
#include "detect/process_age.h"

#include <string.h>

#include "core/units.h"
#include "core/utc.h"

/* Of a second, in /proc/PID/stat: the same on every architecture that Linux has (USER_HZ). */
#define TICKS 100
/* A thousand years. */
#define MOST_SECONDS ((uint64_t)32000000000)

/* The whole seconds at the start of /proc/uptime; -1: it cannot be read. */
static int64_t uptime(const struct probe *p)
{
	const char *line = sysroot_read_line(p->root, p->a, "/proc/uptime"), *end;
	uint64_t seconds;

	return line && parse_uint_prefix(line, MOST_SECONDS, &seconds, &end) ? (int64_t)seconds : -1;
}

/* The n-th field after the process's name, which may hold blanks and brackets (proc(5)); NULL: there are fewer. */
static const char *field_after_name(const char *stat, int n)
{
	const char *at = strrchr(stat, ')');

	for (int i = 0; at && i < n; i++) {
		at = strchr(at, ' ');
		at = at ? at + strspn(at, " ") : NULL;
	}
	return at;
}

/* -1: it cannot be told. */
int64_t process_age(const struct probe *p, const char *pid)
{
	const char *line = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/proc/%s/stat", pid));
	const char *start = line ? field_after_name(line, 20) : NULL, *end;
	int64_t up = uptime(p);
	uint64_t ticks;

	if (up < 0 || !start || !parse_uint_prefix(start, UINT64_MAX, &ticks, &end))
		return -1;
	return max_i64(0, up - (int64_t)(ticks / TICKS));
}

/* Seconds since a time of the engine's records; -1: it cannot be told. */
int64_t age_since(const struct probe *p, const char *time)
{
	const int64_t then = utc_seconds(time), up = uptime(p);
	uint64_t boot;
	char *stat;
	size_t len;

	if (up < 0 || then == 0 || sysroot_read(p->root, p->a, "/proc/stat", 0, &stat, &len) < 0 ||
	    !probe_field(stat, "btime ", &boot) || boot > MOST_SECONDS)
		return -1;
	return max_i64(0, (int64_t)boot + up - then);
}

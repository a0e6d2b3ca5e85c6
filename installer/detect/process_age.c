/* SPDX-License-Identifier: MIT */
/* For how long something has been running, in seconds, by the clock of the machine whose tree it is. */
#include "detect/process_age.h"

#include <string.h>

#include "core/units.h"

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

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool digits(const char *text, int n, int64_t *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret = *ret * 10 + (text[i] - '0');
	}
	return true;
}

/* "2026-11-26T09:00:00.123Z", as the engine records it, in seconds since 1970; false if it is none. */
static bool parse_time(const char *t, int64_t *ret)
{
	int64_t year, month, day, hour, minute, second;

	if (!t || strlen(t) < 20 || t[strlen(t) - 1] != 'Z' || !digits(t, 4, &year) || !digits(t + 5, 2, &month) ||
	    !digits(t + 8, 2, &day) || !digits(t + 11, 2, &hour) || !digits(t + 14, 2, &minute) ||
	    !digits(t + 17, 2, &second) || year < 1970 || month < 1 || month > 12)
		return false;
	*ret = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}

/* Seconds since a time of the engine's records; -1: it cannot be told. */
int64_t age_since(const struct probe *p, const char *time)
{
	int64_t then, up = uptime(p);
	uint64_t boot;
	char *stat;
	size_t len;

	if (up < 0 || !parse_time(time, &then) || sysroot_read(p->root, p->a, "/proc/stat", 0, &stat, &len) < 0 ||
	    !probe_field(stat, "btime ", &boot) || boot > MOST_SECONDS)
		return -1;
	return max_i64(0, (int64_t)boot + up - then);
}

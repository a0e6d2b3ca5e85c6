/* SPDX-License-Identifier: MIT */
/* For how long something has been running, in seconds, by the clock of the machine whose tree it is. */
#include "detect/process_age.h"

#include <string.h>
#include <time.h>

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

/* Two digits at a place of the text, or -1. */
static int two_digits(const char *t, int at)
{
	return t[at] < '0' || t[at] > '9' || t[at + 1] < '0' || t[at + 1] > '9' ? -1
										: (t[at] - '0') * 10 + t[at + 1] - '0';
}

/* "2026-11-26T09:00:00.123Z", as the engine records it, in seconds since 1970; false if it is none. */
static bool parse_time(const char *t, int64_t *ret)
{
	static const int places[] = {0, 2, 5, 8, 11, 14, 17};
	int n[ARRAY_SIZE(places)];
	struct tm tm;

	if (!t || strlen(t) < 20 || t[strlen(t) - 1] != 'Z')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if ((n[i] = two_digits(t, places[i])) < 0)
			return false;
	tm = (struct tm){.tm_year = n[0] * 100 + n[1] - 1900,
			 .tm_mon = n[2] - 1,
			 .tm_mday = n[3],
			 .tm_hour = n[4],
			 .tm_min = n[5],
			 .tm_sec = n[6]};
	if (tm.tm_year < 70 || n[2] < 1 || n[2] > 12)
		return false;
	*ret = timegm(&tm);
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

/* SPDX-License-Identifier: MIT */
#include "core/units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/macros.h"

static bool digits(const char *s, int base, uint64_t max, uint64_t *ret, const char **ret_end)
{
	static const char all[] = "0123456789abcdef";
	uint64_t n = 0;
	const char *p = s;

	for (; *p; p++) {
		const char *at = memchr(all, *p >= 'A' && *p <= 'F' ? *p + ('a' - 'A') : *p, (size_t)base);

		if (!at)
			break;
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(at - all), &n) || n > max)
			return false;
	}
	*ret = n;
	*ret_end = p;
	return p > s;
}

bool parse_uint(const char *s, uint64_t max, uint64_t *ret)
{
	const char *end;
	uint64_t n;

	if (!digits(s, 10, max, &n, &end) || *end)
		return false;
	*ret = n;
	return true;
}

bool parse_uint_prefix(const char *s, uint64_t max, uint64_t *ret, const char **ret_end)
{
	return digits(s + strspn(s, " \t"), 10, max, ret, ret_end);
}

/* The whole of s is hexadecimal digits without 0x, as in the kernel's block_size_bytes. */
bool parse_hex(const char *s, uint64_t max, uint64_t *ret)
{
	const char *end;
	uint64_t n;

	if (!digits(s, 16, max, &n, &end) || *end)
		return false;
	*ret = n;
	return true;
}

/* Bytes in a unit, ignoring case; 0: unknown unit. */
static uint64_t unit_bytes(const char *s, bool bare_is_mib)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = {{'b', 0}, {'k', 10}, {'m', 20}, {'g', 30}, {'t', 40}, {'p', 50}};

	if (!*s)
		return bare_is_mib ? (uint64_t)1 << 20 : 1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if ((*s | 0x20) != units[i].letter)
			continue;
		if (!s[1] || (i > 0 && (strcasecmp(s + 1, "b") == 0 || strcasecmp(s + 1, "ib") == 0 ||
					strcasecmp(s + 1, "i") == 0)))
			return (uint64_t)1 << units[i].shift;
	}
	return 0;
}

#define MAX_DECIMALS 6

/* The digits after a decimal point, as millionths; what is smaller than that is left out. Returns what follows. */
static const char *fraction(const char *s, uint64_t *ret_millionths)
{
	uint64_t n = 0;
	int count = 0;

	for (; *s >= '0' && *s <= '9'; s++, count++)
		n = count < MAX_DECIMALS ? n * 10 + (uint64_t)(*s - '0') : n;
	for (; count < MAX_DECIMALS; count++)
		n *= 10;
	*ret_millionths = n;
	return s;
}

bool parse_size_mib(const char *s, bool bare_is_mib, int64_t *ret_mib)
{
	uint64_t whole = 0, part = 0, unit;
	unsigned __int128 bytes;
	const char *p = s;
	const bool loose = !bare_is_mib;

	if (!(loose && *s == '.' && isdigit((unsigned char)s[1])) && !digits(s, 10, (uint64_t)1 << 60, &whole, &p))
		return false;
	if (*p == '.' && (loose || isdigit((unsigned char)p[1])))
		p = fraction(p + 1, &part);
	if (loose && p[strspn(p, " \t")])
		p += strspn(p, " \t");
	unit = unit_bytes(p, bare_is_mib);
	if (unit == 0)
		return false;
	bytes = (unsigned __int128)whole * unit + (unsigned __int128)part * unit / 1000000;
	if (bytes >> 20 > (unsigned __int128)UNITS_MAX_MIB)
		return false;
	*ret_mib = (int64_t)(bytes >> 20);
	return true;
}

const char *format_gb(int64_t mib, char buf[static UNITS_TEXT])
{
	int64_t tenths = (mib + 50) / 100;

	snprintf(buf, UNITS_TEXT, "%lld.%lld GB", (long long)(tenths / 10), (long long)(tenths % 10));
	return buf;
}

const char *format_plan(int64_t mib, char buf[static UNITS_TEXT])
{
	int64_t tenths = (mib * 10 + 512) / 1024;

	if (mib < 1024)
		snprintf(buf, UNITS_TEXT, "%lld MB", (long long)mib);
	else if (tenths % 10 == 0)
		snprintf(buf, UNITS_TEXT, "%lld GB", (long long)(tenths / 10));
	else
		snprintf(buf, UNITS_TEXT, "%lld.%lld GB", (long long)(tenths / 10), (long long)(tenths % 10));
	return buf;
}

/* As format_plan, beside another size in the same sentence: in MiB where both would read the same and are not. */
const char *format_plan_beside(int64_t mib, int64_t other_mib, char buf[static UNITS_TEXT])
{
	char other[UNITS_TEXT];

	if (mib != other_mib && strcmp(format_plan(mib, buf), format_plan(other_mib, other)) == 0)
		snprintf(buf, UNITS_TEXT, "%lld MiB", (long long)mib);
	else
		format_plan(mib, buf);
	return buf;
}

/* The smallest multiple of step (> 0) that is at least value (>= 0). */
int64_t round_up(int64_t value, int64_t step)
{
	return (value + step - 1) / step * step;
}

int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int by_size_i64(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

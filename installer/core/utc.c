/* SPDX-License-Identifier: MIT */
#include "core/utc.h"

#include <string.h>

static int64_t two_digits(const char *at)
{
	return at[0] >= '0' && at[0] <= '9' && at[1] >= '0' && at[1] <= '9' ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

/* Days since 1970 of a date of the Gregorian calendar, counted in years that start in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = year - (month <= 2), m = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
}

int64_t utc_seconds(const char *text)
{
	int64_t century, year, rest[5];

	if (!text || strnlen(text, 20) < 20)
		return 0;
	century = two_digits(text);
	year = two_digits(text + 2);
	for (int i = 0; i < 5; i++) {
		rest[i] = two_digits(text + 5 + 3 * i);
		if (rest[i] < 0)
			return 0;
	}
	if (century < 0 || year < 0 || rest[0] < 1 || rest[0] > 12 || (text[19] != 'Z' && text[19] != '.'))
		return 0;
	year += century * 100;
	return year < 1970 ? 0 : ((days_of(year, rest[0], rest[1]) * 24 + rest[2]) * 60 + rest[3]) * 60 + rest[4];
}

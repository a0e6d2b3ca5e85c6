/* SPDX-License-Identifier: MIT */
/* Times as engines record them. */
#ifndef VPSFIT_UTC_H
#define VPSFIT_UTC_H

#include <stdint.h>

/* "2026-11-26T12:00:00.123Z" (RFC 3339, in UTC) in seconds since 1970; 0: it is none, or the engine's zero time. */
int64_t utc_seconds(const char *text);

#endif

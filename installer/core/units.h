/* SPDX-License-Identifier: MIT */
/* Numbers and sizes as text. Nothing else turns text into numbers. */
#ifndef VPSFIT_UNITS_H
#define VPSFIT_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest size accepted anywhere, in MiB: 1 PiB. Anything above is a typing error. */
#define UNITS_MAX_MIB ((int64_t)1 << 30)

/* Unsigned decimal number: digits only, the whole of `s`; false if it is not one or exceeds `max`. */
bool parse_uint(const char *s, uint64_t max, uint64_t *ret);
/* As parse_uint, for the digits at the start of s after blanks; *ret_end points past them. */
bool parse_uint_prefix(const char *s, uint64_t max, uint64_t *ret, const char **ret_end);
bool parse_hex(const char *s, uint64_t max, uint64_t *ret);
/*
 * A size with a unit, as Compose and people write it: "1536M", "1.5G", "2GiB", "512mb", or a bare number ("1048576"),
 * which is bytes as Compose reads it (also "2 GB" and ".5g"), or MiB if bare_is_mib. Units are binary. The result is
 * MiB, rounded down. False if it is none.
 */
bool parse_size_mib(const char *s, bool bare_is_mib, int64_t *ret_mib);

#define UNITS_TEXT 32
/* A need in prose, as the founding analysis counts: hundreds of MiB are tenths of a GB, 2836 -> "2.8 GB". */
const char *format_gb(int64_t mib, char buf[static UNITS_TEXT]);
/* RAM as sold: 2048 -> "2 GB", 1536 -> "1.5 GB", 512 -> "512 MB". */
const char *format_plan(int64_t mib, char buf[static UNITS_TEXT]);
const char *format_plan_beside(int64_t mib, int64_t other_mib, char buf[static UNITS_TEXT]);
int64_t round_up(int64_t value, int64_t step);
int64_t min_i64(int64_t a, int64_t b);
int64_t max_i64(int64_t a, int64_t b);
/* For qsort() of int64_t, the least first. */
int by_size_i64(const void *a, const void *b);

#endif

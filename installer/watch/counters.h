/* SPDX-License-Identifier: MIT */
/* Texts of the memory controller and of /proc as figures. Pure. All sizes are KiB. */
#ifndef VPSFIT_WATCH_COUNTERS_H
#define VPSFIT_WATCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* A figure that may be missing. */
#define WATCH_UNKNOWN INT64_C(-1)
/* More is no size of memory but "no limit", or nonsense: 1 PiB. */
#define WATCH_MAX_KIB (INT64_C(1) << 40)

/* Shares of time in which some or all tasks waited for memory, in hundredths of a per cent; WATCH_UNKNOWN: not told. */
struct watch_pressure {
	int64_t some10, some60, some300, full10, full60, full300;
};

/* What a control group and all below it uses. Any figure may be WATCH_UNKNOWN. */
struct watch_use {
	int64_t need_kib; /* what no limit can squeeze out */
	int64_t ws_kib;	  /* usage less inactive page cache, as `docker stats` shows it */
	int64_t swap_kib;
	int64_t limit_kib; /* in force; 0: none */
	int64_t peak_kib;  /* since it was made, page cache included */
	int64_t oom_kill;  /* processes that were killed */
	int64_t at_limit;  /* times that the limit was reached (v2 only) */
	struct watch_pressure pressure;
};

struct watch_host {
	int64_t total_kib, available_kib;
	int64_t swap_total_kib, swap_used_kib;
	int64_t oom_kill; /* since boot, of the whole machine */
	int64_t swapped_out_kib;
	struct watch_pressure pressure;
};

/* The texts of a group's files; NULL: it has none, or it vanished. */
struct watch_files {
	const char *current, *stat, *events, *swap, *pressure, *max, *peak, *kmem;
};

int64_t watch_field(const char *text, const char *key);
int64_t watch_bytes(const char *text);
int64_t watch_stalled_us(const char *text);
void watch_read_pressure(const char *text, struct watch_pressure *ret);
void watch_count_v2(const struct watch_files *f, struct watch_use *ret);
void watch_count_v1(const struct watch_files *f, struct watch_use *ret);
void watch_count_host(const char *meminfo, const char *vmstat, const char *pressure, struct watch_host *ret);
extern const struct watch_use watch_use_unknown;

#endif

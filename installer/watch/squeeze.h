/* SPDX-License-Identifier: MIT */
/*
 * How far a group's page cache can be taken away before it is missed. Pure: figures go in, what to reclaim next comes
 * out. As senpai does (facebookincubator/senpai), in small steps and with the group's own pressure as the brake.
 */
#ifndef VPSFIT_WATCH_SQUEEZE_H
#define VPSFIT_WATCH_SQUEEZE_H

#include <stdbool.h>
#include <stdint.h>

#define SQUEEZE_TICK_MS 2000
/* All in all, so that nobody waits for longer. */
#define SQUEEZE_MOST_MS 180000
#define SQUEEZE_SETTLE_MS 16000

struct squeeze_look {
	int64_t now_ms;
	int64_t current_kib; /* of the group, page cache included; less than 0: it is gone */
	int64_t need_kib;    /* what no limit can squeeze out */
	int64_t swap_kib;
	int64_t stall_us;    /* that some task waited for memory, since the group was made; less than 0: not told */
	int64_t refault_kib; /* that had been taken away and was needed again, since then; less than 0: not told */
};

enum squeeze_end {
	SQUEEZE_GOES_ON,
	SQUEEZE_PRESSURE, /* it began to wait for memory */
	SQUEEZE_REFAULTS, /* it read again what was taken away */
	SQUEEZE_SWAP,	  /* it began to swap */
	SQUEEZE_EMPTY,	  /* there was no page cache left to take */
	SQUEEZE_TIME,
	SQUEEZE_GONE, /* the container ended or was started anew */
	SQUEEZE_END_COUNT
};

struct squeeze {
	enum squeeze_end end;
	bool settled; /* nothing more to do: the figures hold */
	struct squeeze_look first, last;
	int64_t asked_kib; /* in the last look */
	int pressed, empty, calm;
	int64_t ended_ms;
	int64_t lowest_kib; /* of current, while it was squeezed */
	int64_t true_kib;   /* what it took back or kept: with less it waits; 0: not known */
};

/* KiB to reclaim now; 0: leave it alone until the next look. */
int64_t squeeze_step(struct squeeze *s, const struct squeeze_look *now);
/* Somebody else has to have memory now: nothing more is taken. */
void squeeze_stop(struct squeeze *s, int64_t now_ms);
/* The page cache that it cannot do without. */
int64_t squeeze_cache_kib(const struct squeeze *s);

#endif

/* SPDX-License-Identifier: MIT */
/* What a ring tells of each service: as it is now (image, workers, limit), and of its kills and starts before. */
#ifndef VPSFIT_WATCH_SERIES_H
#define VPSFIT_WATCH_SERIES_H

#include "watch/dictionary.h"
#include "watch/ring.h"
#include "watch/rule.h"

#define SERIES_MAX 64

enum series_lack {
	SERIES_ENOUGH,
	SERIES_SHORT,	 /* under a day, or too few samples */
	SERIES_GAPS,	 /* a tenth and more of the time is missing */
	SERIES_CLOCK,	 /* under a day, or too few samples, since the clock was set */
	SERIES_UNSETTLED /* it has run for less than half a day since its last start */
};

struct series_service {
	struct dictionary_row row; /* as it is now */
	struct rule_seen seen;
	enum series_lack lack;
	int64_t first, last; /* seconds since 1970 of its samples */
	int64_t last_kill;   /* 0: none */
	int64_t wait;	     /* seconds until it is enough, if it goes on as it does; 0: it is */
};

struct series {
	struct ring_header header;
	struct series_service services[SERIES_MAX];
	size_t count;
	size_t samples;
	int64_t last;
	int64_t unnamed;   /* kills of the last 30 days that no container told of */
	int64_t clock_at;  /* the first sample after the clock was set by minutes; 0: it was not */
	int64_t clock_off; /* by so many seconds, the last time */
	uint32_t digest;   /* of the samples that were used */
};

/* Reads ring and dictionary in a directory. Returns 0 or -errno; -EBADMSG: it is no ring of this version. */
int series_read(int dir, const char *ring_name, struct series *ret) must_check;

#endif

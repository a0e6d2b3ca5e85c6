/* SPDX-License-Identifier: MIT */
/* One look at host and containers, and what happened since the last one. */
#ifndef VPSFIT_WATCH_SAMPLE_H
#define VPSFIT_WATCH_SAMPLE_H

#include "watch/containers.h"

struct watch_sample {
	struct watch_host host;
	struct watch_containers containers;
	bool counted;	       /* there was a look before this one */
	int64_t last_host_oom; /* WATCH_UNKNOWN: not told */
	int64_t debt;	       /* kills that containers told before the host did: at most 0 */
	int64_t late;	       /* kills of the last look that nobody named, which a container may own up to now */
	int64_t unnamed;       /* since the last look: kills that no container tells of; less than 0: named since */
};

void watch_sample_look(struct watch_sample *s, const struct sysroot *root, const struct watch_places *p, bool watching);
void watch_sample_clear(struct watch_sample *s);
/* Pure: what happened since the last look, from the counters of both. */
void watch_sample_account(struct watch_sample *s, bool host_kills);

#endif

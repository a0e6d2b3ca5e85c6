/* SPDX-License-Identifier: MIT */
/* What a container's workers hold each by themselves, and what they share with their parent. */
#ifndef VPSFIT_WATCH_SPLIT_H
#define VPSFIT_WATCH_SPLIT_H

#include "watch/containers.h"

struct watch_split {
	int64_t workers;   /* children of the process that has most; 0: fewer than two, or nobody tells */
	int64_t each_kib;  /* the median of what a worker holds for itself: one more takes so much */
	int64_t other_kib; /* all the rest of the proportional set sizes: parent, and what is shared */
};

/* Reads smaps_rollup of each process, a millisecond or more each: for a person who looks once, not for a sampler. */
void watch_split_look(const struct watch_container *c, struct reading *r, struct watch_split *ret);

#endif

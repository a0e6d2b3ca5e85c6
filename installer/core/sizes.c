/* SPDX-License-Identifier: MIT */
#include "core/sizes.h"

#include "core/units.h"

static void set(struct size_fate *f, int64_t mib, enum size_reason reason)
{
	f->mib = mib;
	f->reason = reason;
}

/* Sizes that stay bound the limit, and mem_limit must equal deploy's limit. */
static void bound_limit(struct size_fate of[static SIZE_KINDS])
{
	struct size_fate *limit = &of[SIZE_LIMIT], *twin = &of[SIZE_LIMIT_AGAIN];
	const struct size_fate *reserved = &of[SIZE_RESERVATION], *memswap = &of[SIZE_MEMSWAP];

	if (twin->known && twin->stays && !twin->nowhere && twin->mib < 0) {
		limit->stays = true;
		set(limit, limit->now, SIZE_BY_HAND);
	} else if (twin->known && twin->stays && twin->mib >= 0) {
		set(limit, twin->mib, SIZE_AS_TWIN);
	} else if (memswap->stays && memswap->mib > 0 && memswap->mib < limit->mib) {
		set(limit, memswap->mib, SIZE_AS_MEMSWAP);
	} else if (reserved->stays && reserved->mib > limit->mib) {
		set(limit, reserved->mib, SIZE_AS_RESERVATION);
	}
}

static void repeat(struct size_fate *again, int64_t mib)
{
	if (again->known && !again->stays && mib >= 0 && again->mib != mib)
		set(again, mib, SIZE_REPEATED);
}

static void leave_all(struct size_fate of[static SIZE_KINDS])
{
	for (int i = SIZE_LIMIT; i < SIZE_KINDS; i++) {
		if (!of[i].known || of[i].stays)
			continue;
		of[i].stays = true;
		set(&of[i], of[i].now, SIZE_LEFT);
	}
}

/*
 * Decides the sizes of one service. In: planned, current, and which stay. Out: the final size of each and why. If the
 * limit cannot be told, all stay. Does nothing unless limit, reservation and memswap are all known.
 */
void sizes_follow(struct size_fate of[static SIZE_KINDS])
{
	struct size_fate *limit = &of[SIZE_LIMIT], *reserved = &of[SIZE_RESERVATION], *memswap = &of[SIZE_MEMSWAP];
	int64_t planned = limit->mib;

	if (!limit->known || !reserved->known || !memswap->known)
		return;
	for (int i = SIZE_LIMIT; i < SIZE_KINDS; i++)
		if (of[i].stays)
			of[i].mib = of[i].now;
	if (!limit->stays)
		bound_limit(of);
	if (limit->mib < 0) {
		leave_all(of);
		return;
	}
	if (!reserved->stays && reserved->mib > limit->mib)
		set(reserved, limit->mib, SIZE_AS_LIMIT);
	if (!memswap->stays && limit->mib != planned)
		set(memswap, limit->mib + max_i64(0, memswap->mib - planned), SIZE_LIMIT_AND_SWAP);
	repeat(&of[SIZE_LIMIT_AGAIN], limit->mib);
	repeat(&of[SIZE_RESERVATION_AGAIN], reserved->mib);
}

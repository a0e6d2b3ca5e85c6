/* SPDX-License-Identifier: MIT */
/*
 * The sizes of a service depend on one another: reservation <= limit <= memory and swap together. The engine refuses
 * anything else, so where one stays as it is, the others follow it. Pure; sizes are MiB.
 */
#ifndef VPSFIT_SIZES_H
#define VPSFIT_SIZES_H

#include <stdbool.h>
#include <stdint.h>

enum size_kind {
	SIZE_NONE,
	SIZE_LIMIT,
	SIZE_RESERVATION,
	SIZE_MEMSWAP,
	/* The same once more, where a file says it in both ways: Compose refuses two that differ. */
	SIZE_LIMIT_AGAIN,
	SIZE_RESERVATION_AGAIN,
	SIZE_KINDS
};

/* Why a size is not as planned. */
enum size_reason {
	SIZE_AS_PLANNED,
	SIZE_AS_TWIN,	     /* as what mem_limit says, which stays */
	SIZE_AS_MEMSWAP,     /* as memory and swap together, which stays */
	SIZE_AS_RESERVATION, /* as the reservation, which stays */
	SIZE_AS_LIMIT,	     /* as the limit, which is another one now */
	SIZE_LIMIT_AND_SWAP, /* the limit, which is another one now, and the planned share of swap */
	SIZE_REPEATED,	     /* as its twin */
	SIZE_LEFT,	     /* beside a limit that nobody can tell nothing is changed */
	SIZE_BY_HAND,	     /* it must be as its twin, which nobody can tell: for a person */
	SIZE_REASONS
};

struct size_fate {
	bool known;   /* it is one of the file's values */
	bool nowhere; /* nothing stands there now */
	bool stays;   /* it stays as it is */
	int64_t now;  /* what stands there; -1: nothing, or it cannot be told */
	int64_t mib;  /* in: as planned; out: as it will be, -1 where that cannot be told */
	enum size_reason reason;
};

void sizes_follow(struct size_fate of[static SIZE_KINDS]);

#endif

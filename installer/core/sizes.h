/* SPDX-License-Identifier: MIT */
/*
 * A service's sizes depend on one another: reservation <= limit <= memory and swap together. The engine refuses
 * anything else, so if one is kept, the others must follow. Pure; sizes are MiB.
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
	/* The legacy keys mem_limit and mem_reservation beside deploy.resources: Compose refuses two that differ. */
	SIZE_LIMIT_AGAIN,
	SIZE_RESERVATION_AGAIN,
	SIZE_KINDS
};

/* Why a size has its final value. */
enum size_reason {
	SIZE_AS_PLANNED,
	SIZE_AS_TWIN,	     /* equals mem_limit, which stays */
	SIZE_AS_MEMSWAP,     /* equals memory and swap together, which stays */
	SIZE_AS_RESERVATION, /* equals the reservation, which stays */
	SIZE_AS_LIMIT,	     /* equals the limit, which is not the planned one */
	SIZE_LIMIT_AND_SWAP, /* the limit, which is not the planned one, plus the planned share of swap */
	SIZE_REPEATED,	     /* equals its twin */
	SIZE_LEFT,	     /* unchanged, since the limit cannot be told */
	SIZE_BY_HAND,	     /* must equal its twin, which cannot be told: a person has to set it */
	SIZE_REASONS
};

struct size_fate {
	bool known;   /* the file has this value among its owned ones */
	bool nowhere; /* the file does not set it now */
	bool stays;   /* keep the current value */
	int64_t now;  /* current value; -1: none, or it cannot be told */
	int64_t mib;  /* in: planned; out: final, -1 if it cannot be told */
	enum size_reason reason;
};

void sizes_follow(struct size_fate of[static SIZE_KINDS]);

#endif

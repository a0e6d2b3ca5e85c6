/* SPDX-License-Identifier: MIT */
/*
 * A swap area: what is known of it, and what becomes of it. Sizes are MiB. Texts are borrowed from the session's arena.
 */
#ifndef VPSFIT_SWAP_AREA_H
#define VPSFIT_SWAP_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"

/* mkswap(8) label of the areas that vpsfit makes. */
#define SWAP_LABEL "vpsfit"
/* MemAvailable must exceed what an area holds by this much before swapoff. */
#define SWAP_HEADROOM_MIB 256
/* Candidates; changes in a plan or a transaction. */
#define SWAP_MAX_OWN 12

/* HOST: what a container's host grants it, without saying where it lies; not a container's to change. */
enum swap_kind { SWAP_KIND_FILE, SWAP_KIND_PARTITION, SWAP_KIND_ZRAM, SWAP_KIND_HOST, SWAP_KIND_COUNT };

const char *swap_kind_name(enum swap_kind k);

/*
 * Who owns what exists at a candidate's path. NONE: nothing is there. OURS: vpsfit's label (read as root), else its
 * mark in the unit or fstab line; a recorded partition with any swap header.
 */
enum swap_owner { SWAP_OWNER_NONE, SWAP_OWNER_OURS, SWAP_OWNER_OTHER };

/* How /etc/fstab names an area: not at all, with "noauto", or so that boot follows the line. */
enum swap_line { SWAP_LINE_NONE, SWAP_LINE_NOAUTO, SWAP_LINE_AUTO };

/*
 * An active area, an idle partition, a candidate (a path that vpsfit's swap uses or could use), or one that a stack's
 * state or --swap names. What was not looked at is zero: only candidates have an owner, only active areas a priority.
 */
struct swap_area {
	const char *path;
	enum swap_kind kind;
	enum swap_owner owner;
	int64_t size_mib;
	int64_t used_mib;
	int priority;
	bool active;
	bool deleted;	  /* the file was unlinked while active */
	bool recorded;	  /* in this stack's state: an apply made it, or (a partition) turned it on */
	bool passing;	  /* in use, and nothing was found that turns it on at boot */
	const char *mend; /* of a passing one: the command that has its unit or script run; NULL: it has none */
	const char
		*named; /* of a passing one: what /etc/fstab may name it by, the same after each boot; NULL: its path */
	const char *uuid;  /* of a partition; NULL: none, or not read */
	const char *label; /* of a partition; NULL: none, or not read */
	/* Of an idle partition: who has it open, and why it is used only if asked for; NULL: nobody, unasked too. */
	const char *held;
	const char *spared;
	/* Of an idle file: parts were never written, which swapon refuses; others than root may read or write it. */
	bool holes;
	bool loose;
	enum swap_line line; /* of an idle file and a passing area */
};

/* Size 0: it does not exist. */
struct swap_state {
	int64_t mib;
	bool on;
};

/*
 * What becomes of an area. The kernel cannot resize or rename an active one, so the size never changes in place: a new
 * area replaces it.
 */
struct swap_change {
	const char *path;
	bool device;	  /* a partition: only turned on and off, never made or removed */
	bool recorded;	  /* in this stack's state: an apply made it or turned it on, or this one will */
	const char *uuid; /* of a device; NULL: none */
	struct swap_state before;
	struct swap_state after;
	bool lost; /* found to be somebody else's while it is brought about: leave it alone */
};

/* What is wrong with an idle file that has holes, and the commands that fill them, for people. */
const char *swap_fill_holes(struct arena *a, const struct swap_area *file);

/* Is anything to be made, removed, or turned on or off? */
bool swap_is_changed(const struct swap_change *c);
/* Its size afterwards, or the one that it had if it goes. */
int64_t swap_change_mib(const struct swap_change *c);
/* The way back. */
struct swap_change swap_change_back(const struct swap_change *c);

#endif

/* SPDX-License-Identifier: MIT */
/* A swap area: what is known of it. Sizes are MiB; texts are borrowed from the session's arena. */
#ifndef VPSFIT_SWAP_AREA_H
#define VPSFIT_SWAP_AREA_H

#include <stdbool.h>
#include <stdint.h>

/* mkswap(8) label of the areas that vpsfit makes. */
#define SWAP_LABEL "vpsfit"

enum swap_kind { SWAP_KIND_FILE, SWAP_KIND_PARTITION, SWAP_KIND_ZRAM, SWAP_KIND_COUNT };

const char *swap_kind_name(enum swap_kind k);

/*
 * Who owns what exists at a candidate's path. NONE: nothing is there. OURS: vpsfit's label (read as root), else its
 * mark in the unit or fstab line; a recorded partition with any swap header.
 */
enum swap_owner { SWAP_OWNER_NONE, SWAP_OWNER_OURS, SWAP_OWNER_OTHER };

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
	bool deleted;	   /* the file was unlinked while active */
	bool recorded;	   /* in this stack's state: an apply made it, or (a partition) turned it on */
	const char *uuid;  /* of a partition; NULL: none, or not read */
	const char *label; /* of a partition; NULL: none, or not read */
};

#endif

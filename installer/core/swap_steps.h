/* SPDX-License-Identifier: MIT */
/* Between swap_advice.c and swap_steps.c: the areas of a plan as a list. Not for anyone else. */
#ifndef VPSFIT_SWAP_STEPS_H
#define VPSFIT_SWAP_STEPS_H

#include "core/plan.h"

/* Beyond what an area holds, so much memory must be available before it is turned off. */
#define SWAP_HEADROOM_MIB 256

struct swap_sum {
	size_t count;
	int64_t size_mib;   /* of all of them */
	int64_t active_mib; /* of those in use */
	int64_t used_mib;
	const char *path; /* of the first one */
};

/* vpsfit's own files (by their label), and what this stack's applies made or turned on. */
struct swap_sum swap_own(const struct machine *m);
struct swap_sum swap_recorded(const struct machine *m);
/* The same without what lies at path. */
struct swap_sum swap_recorded_but(const struct machine *m, const char *path);
/* Does the whole of what vpsfit's active areas hold go back into RAM? */
bool swap_may_turn_off(const struct machine *m, int64_t used_mib);
/* The name that a new file gets: the first that is free; NULL where none is. */
const char *swap_free_name(const struct machine *m, const char *preferred);
const char *swap_names_taken(struct arena *a, const char *preferred);

/* Fills in the areas of vpsfit's that are there, to stay as they are. */
void swap_steps_list(const struct machine *m, struct plan_swap *s);
void swap_steps_keep(struct plan_swap *s);
void swap_steps_make(struct plan_swap *s, const char *path, int64_t size_mib);
/* Every file of vpsfit's goes. */
void swap_steps_drop_own(struct plan_swap *s);
/* A file that an apply of this stack made, and that is not in use and too small to be, goes. */
void swap_steps_drop_idle(struct plan_swap *s);
/* What this stack's applies made goes, what they turned on is turned off. */
void swap_steps_drop_recorded(struct plan_swap *s);
void swap_steps_drop_recorded_but(struct plan_swap *s, const char *path);
/* Turns a partition on, which is this stack's then. */
void swap_steps_turn_on(struct plan_swap *s, const struct plan_device *device);
/* Turns on an area that is there: vpsfit's own, else a partition, of at least (or exactly) this size. NULL where there
 * is none. */
struct plan_area *swap_steps_spare(const struct machine *m, struct plan_swap *s, int64_t size_mib, bool exact);

#endif

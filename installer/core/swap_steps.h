/* SPDX-License-Identifier: MIT */
/* The areas of a plan as a list. Private to the planner. */
#ifndef VPSFIT_SWAP_STEPS_H
#define VPSFIT_SWAP_STEPS_H

#include "core/plan.h"

struct swap_sum {
	size_t count;
	int64_t size_mib;   /* of all of them */
	int64_t active_mib; /* of those in use */
	int64_t used_mib;
	const char *path; /* of the first one; NULL: none */
};

/* Sums over vpsfit's own files, and over what this stack's applies made or turned on. */
struct swap_sum swap_own(const struct machine *m);
struct swap_sum swap_recorded(const struct machine *m);
/* As swap_recorded, without the area at path; NULL: without exception. */
struct swap_sum swap_recorded_but(const struct machine *m, const char *path);
/* Is swapoff safe: do used_mib and SWAP_HEADROOM_MIB fit into MemAvailable? True if that is unknown. */
bool swap_may_turn_off(const struct machine *m, int64_t used_mib);
/* The path of a new file: the first free candidate; NULL: all are taken. */
const char *swap_free_name(const struct machine *m, const char *preferred);
const char *swap_names_taken(struct arena *a, const char *preferred);

/* Lists vpsfit's present areas, unchanged. */
void swap_steps_list(const struct machine *m, struct plan_swap *s);
void swap_steps_keep(struct plan_swap *s);
void swap_steps_make(struct plan_swap *s, const char *path, int64_t size_mib);
/* Drops all files of vpsfit's. */
void swap_steps_drop_own(struct plan_swap *s);
/* Drops files that this stack's applies made and that are not in use; used where they are too small to activate. */
void swap_steps_drop_idle(struct plan_swap *s);
/* Drops files that this stack's applies made, turns off partitions that they turned on; _but spares `path`. */
void swap_steps_drop_recorded(struct plan_swap *s);
void swap_steps_drop_recorded_but(struct plan_swap *s, const char *path);
/* Turns a partition on; it counts as this stack's from then on. */
void swap_steps_turn_on(struct plan_swap *s, const struct swap_area *device);
/*
 * Turns on an idle area of at least (or exactly) this size: vpsfit's own, else (not if exact) a partition that is not
 * spared; or NULL.
 */
struct swap_change *swap_steps_spare(const struct machine *m, struct plan_swap *s, int64_t size_mib, bool exact);

#endif

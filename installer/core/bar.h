/* SPDX-License-Identifier: MIT */
/* The idle budget as one stacked bar: who takes how much of RAM, what is free, and what would lie in swap. */
#ifndef VPSFIT_BAR_H
#define VPSFIT_BAR_H

#include "core/plan.h"

#define MAX_BAR 16
#define MAX_BAR_COLUMNS 256

enum bar_kind { BAR_SERVICE, BAR_OTHERS, BAR_ENGINE, BAR_SYSTEM, BAR_FREE };

struct bar_segment {
	enum bar_kind kind;
	const char *label; /* data for a service; NULL: the kind says it */
	int64_t mib;
	char letter; /* unlike those of all other segments; '\0' for what is free */
};

struct bar {
	struct bar_segment items[MAX_BAR]; /* in the order in which they stand */
	size_t count;
	int64_t ram_mib;
	int64_t in_swap_mib; /* beyond RAM, as far as there is or will be swap */
	int64_t missing_mib; /* beyond both */
};

void bar_of_plan(const struct plan *p, struct bar *ret);
void bar_columns(const struct bar *b, size_t width, size_t ret[static MAX_BAR]);
size_t bar_edge(const struct bar *b, size_t width);

#endif

/* SPDX-License-Identifier: MIT */
/* Private to the files of the plan over several machines: which services go where, so that the most workers run. */
#ifndef VPSFIT_NODES_PACK_H
#define VPSFIT_NODES_PACK_H

#include "core/nodes.h"

/* Services other than the one with the workers; a set of them is a bit mask. */
#define MAX_FIXED 8

struct packing {
	const struct nodes_request *req;
	struct node_sizes copies[MAX_WORKERS + 1];
	size_t part;
	int64_t exact; /* workers of every copy, where they were asked for; 0: as many as fit */
	size_t fixed[MAX_FIXED];
	struct node_sizes sizes[MAX_FIXED];
	size_t fixed_count;
};

struct packed {
	int64_t workers[MAX_NODES];
	unsigned runs[MAX_NODES]; /* bits index packing.fixed */
};

struct node_load {
	int64_t idle_mib, peak_mib, reserved_mib;
};

void pack_begin(const struct nodes_request *req, struct packing *ret);
struct node_load pack_load(const struct packing *p, const struct node *n);
void pack_add(struct node_load *load, const struct node_sizes *s);
bool pack_holds(const struct node *n, const struct node_load *load, bool at_limits);
void pack_size(struct packing *p, int64_t total);
int64_t pack_most(struct packing *p, struct packed *ret);

#endif

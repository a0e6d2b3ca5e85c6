/* SPDX-License-Identifier: MIT */
/* The ring file: bounded, survives power cuts, one writer. */
#ifndef VPSFIT_WATCH_RING_H
#define VPSFIT_WATCH_RING_H

#include "core/macros.h"
#include "watch/ring_cells.h"

#define RING_NAME "ring"
#define RING_LOCK "ring.lock"
#define RING_SERVICES "ring.services"
#define RING_SET_ASIDE "ring.set-aside"

struct ring {
	int fd;
	struct ring_header header;
	uint32_t next_seq;
	uint32_t next_cell;
	const char *why_aside; /* why an older ring was set aside; NULL: none was */
};

/* What stands in the ring; return false to end. Samples come by their place, not by their age. */
typedef bool ring_each(void *context, uint32_t cell, const struct ring_sample *s);

int ring_lock(int dir) must_check;
int ring_open(struct ring *r, int dir, uint64_t machine, uint64_t now, uint32_t interval) must_check;
int ring_append(struct ring *r, struct ring_sample *s) must_check;
int ring_sync(const struct ring *r) must_check;
int ring_scan(int fd, ring_each *each, void *context) must_check;
int ring_header_of(int fd, struct ring_header *ret) must_check;
void ring_close(struct ring *r);

#endif

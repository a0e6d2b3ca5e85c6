/* SPDX-License-Identifier: MIT */
/*
 * The ring's bytes: cells of 32 bytes, little-endian. Cells 0 and 1 are the header. A sample is a head cell, a host
 * cell and one for each service, with a checksum over them all. It never goes over the end of the file.
 */
#ifndef VPSFIT_WATCH_RING_CELLS_H
#define VPSFIT_WATCH_RING_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_CELL 32
#define RING_CELLS 65536
#define RING_BYTES (RING_CELL * RING_CELLS)
#define RING_FIRST 2 /* cell */
#define RING_MAX_SERVICES 62
#define RING_SAMPLE_MAX ((RING_MAX_SERVICES + 2) * RING_CELL)
#define RING_VERSION 1

enum {
	RING_CLOCK_UNSURE = 1 << 0, /* nobody keeps the clock right */
	RING_ONESHOT = 1 << 1,	    /* taken by a timer: short peaks are missed */
};

enum {
	RING_STARTING = 1 << 0, /* some looks were in the first ten minutes: start_kib is theirs */
	RING_SETTLED = 1 << 1,	/* it had been running for fifteen minutes or more */
	RING_NO_NEED = 1 << 2,	/* its use could not be read */
};

struct ring_header {
	uint32_t version;
	uint64_t machine; /* hash of the machine id */
	uint64_t created;
	uint32_t interval; /* seconds from sample to sample */
	uint32_t id;	   /* the dictionary has the same */
};

struct ring_service {
	uint32_t need_kib, ws_kib, swap_kib, start_kib, limit_kib;
	uint16_t kills, restarts, index, pressure, limit_hits, flags;
};

struct ring_sample {
	uint32_t time, boot, seq, uptime;
	uint8_t flags;
	uint16_t pressure_some, pressure_full; /* hundredths of a per cent */
	uint32_t total_kib, available_kib, swap_total_kib, swap_used_kib, others_kib, oom_total;
	uint16_t others_kills, unnamed;
	uint8_t count;
	struct ring_service services[RING_MAX_SERVICES];
};

void ring_put_header(const struct ring_header *h, unsigned char *ret);
bool ring_get_header(const unsigned char *bytes, struct ring_header *ret);
size_t ring_put_sample(const struct ring_sample *s, unsigned char *ret);
size_t ring_get_sample(const unsigned char *bytes, size_t len, struct ring_sample *ret);

#endif

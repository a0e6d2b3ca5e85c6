/* SPDX-License-Identifier: MIT */
/*
 * What a service in the ring is: its name, image, count of workers and limit. A service with another of these is
 * another row, so that its samples are never mixed. A text file beside the ring, to which lines are only added.
 */
#ifndef VPSFIT_WATCH_DICTIONARY_H
#define VPSFIT_WATCH_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/macros.h"
#include "watch/places.h"

/* A row for each deploy with other figures: years of them. */
#define DICTIONARY_MAX 4096
#define DICTIONARY_IMAGE 24

struct dictionary_row {
	char service[WATCH_NAME];
	char image[DICTIONARY_IMAGE];
	int64_t workers;
	int64_t limit_kib; /* 0: none */
};

struct dictionary {
	int fd; /* to add to; -1: only read */
	uint32_t ring_id;
	struct dictionary_row *rows;
	size_t count, room;
	size_t bytes; /* of the file that are whole lines */
};

int dictionary_open(struct dictionary *d, int dir, uint32_t ring_id) must_check;
int dictionary_read(struct dictionary *d, int dir, const char *name, uint32_t ring_id) must_check;
/* The row's index, added and synced if it is new, or -errno. */
int dictionary_index(struct dictionary *d, const struct dictionary_row *row) must_check;
void dictionary_close(struct dictionary *d);

#endif

/* SPDX-License-Identifier: MIT */
/* Formats of /proc and of the tables in /etc, as several read them. */
#ifndef VPSFIT_PARSE_FORMATS_H
#define VPSFIT_PARSE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* The number behind "key" at the start of a line of text ("MemTotal:" -> 2026024); false where there is none. */
bool probe_field(const char *text, const char *key, uint64_t *ret);
/* Cores in a list such as "0-3,8"; 0 where it is none, or lies. */
int64_t probe_count_list(const char *list);
/* A line of a table such as fstab or /proc/swaps as its columns, at most `most`. Returns how many there are. */
size_t probe_columns(const char *line, const char *at[], size_t len[], size_t most);
/* "\040" and its like in /proc/swaps and /proc/mounts. */
char *probe_unescape(struct arena *a, const char *s, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* Formats of /proc and of tables in /etc that several files read. */
#ifndef VPSFIT_PARSE_FORMATS_H
#define VPSFIT_PARSE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* The number after "key" at the start of a line ("MemTotal:" -> 2026024); false if there is none. */
bool probe_field(const char *text, const char *key, uint64_t *ret);
/* Number of cores in a list such as "0-3,8"; 0 if it is invalid or absurd. */
int64_t probe_count_list(const char *list);
/* Splits a line of a table such as fstab or /proc/swaps into at most `most` columns. Returns their number. */
size_t probe_columns(const char *line, const char *at[], size_t len[], size_t most);
/* Decodes "\040" and the like in /proc/swaps, /proc/mounts and fstab. */
char *probe_unescape(struct arena *a, const char *s, size_t n);

#endif

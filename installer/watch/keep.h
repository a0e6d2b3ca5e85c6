/* SPDX-License-Identifier: MIT */
/* What was told, over a restart of the sampler: a file of one size in its run directory, good for one boot. */
#ifndef VPSFIT_WATCH_KEEP_H
#define VPSFIT_WATCH_KEEP_H

#include "watch/feed.h"

/* Both return 0 or -errno. keep_read leaves the feed empty where there is no file, or one that does not hold. */
int keep_write(const char *path, uint32_t boot, const struct feed *f);
int keep_read(const char *path, uint32_t boot, struct feed *ret);

#endif

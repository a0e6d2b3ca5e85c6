/* SPDX-License-Identifier: MIT */
/* Where Docker keeps its containers and the kernel its control groups, for what watches them. */
#ifndef VPSFIT_DETECT_WATCH_PLACES_H
#define VPSFIT_DETECT_WATCH_PLACES_H

#include "core/arena.h"
#include "files/sysroot.h"
#include "watch/places.h"

/* Fills in roots, control groups and host_kills. */
void detect_watch_places(const struct sysroot *r, struct arena *a, struct watch_places *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* Does a name lead to this machine? The one part of detection that asks others, so only where a name was given. */
#ifndef VPSFIT_DETECT_NAME_H
#define VPSFIT_DETECT_NAME_H

#include "core/arena.h"
#include "core/machine.h"
#include "files/sysroot.h"

/*
 * Looks the name up and compares its addresses with those of this machine's interfaces; waits 5 s at most. Of a machine
 * that is only read from a tree nothing is known.
 */
struct machine_name detect_name(const struct sysroot *r, struct arena *a, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* VPS as they are sold, and machines that are not here: what a size would show, for questions about what to rent. */
#ifndef VPSFIT_VPS_H
#define VPSFIT_VPS_H

#include <stdint.h>

#include "core/machine.h"

#define VPS_SIZES 13

/* The usual sizes in MiB, ascending. */
extern const int64_t vps_sizes[VPS_SIZES];

int64_t vps_cores(int64_t nominal_mib);
int64_t vps_usable(int64_t nominal_mib);
int64_t vps_roomy(int64_t need_mib);
struct machine vps_fresh(const struct machine *like, int64_t nominal_mib, int64_t cores);

#endif

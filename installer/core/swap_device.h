/* SPDX-License-Identifier: MIT */
/* The swap partition that --swap names: which one it is, and what becomes of it. Not for anyone but the planner. */
#ifndef VPSFIT_SWAP_DEVICE_H
#define VPSFIT_SWAP_DEVICE_H

#include "core/planner.h"

/*
 * Settles p->swap.wish and p->swap.device. A partition that an earlier apply asked for and that is gone makes way for
 * auto, with p->swap.missing. 0, or -EINVAL with an error that says what there is to choose from.
 */
int swap_device_settle(const struct planning *in, struct plan *p) must_check;
/* Turns the settled partition on, or keeps it; what else this stack's applies made or turned on makes way for it. */
void swap_device_advice(const struct planning *in, struct plan *p);

#endif

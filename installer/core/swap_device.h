/* SPDX-License-Identifier: MIT */
/* The swap partition that --swap names. Private to the planner. */
#ifndef VPSFIT_SWAP_DEVICE_H
#define VPSFIT_SWAP_DEVICE_H

#include "core/planner.h"

/*
 * Sets p->swap.mode and p->swap.device. If a remembered partition is gone, plans as for auto and sets
 * p->swap.missing. Returns 0, or -EINVAL with an error that lists the choices.
 */
int swap_device_settle(const struct planning *in, struct plan *p) must_check;
/* Plans to use the partition, and to remove or turn off all other swap of this stack's applies. */
void swap_device_advice(const struct planning *in, struct plan *p);

#endif

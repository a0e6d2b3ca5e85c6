/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_WATCH_IDENTITY_H
#define VPSFIT_WATCH_IDENTITY_H

#include <stdint.h>

#include "files/sysroot.h"

/* Of /etc/machine-id, which stays the machine's own business; the same for every machine that has none. */
uint64_t watch_machine(const struct sysroot *root);
/* Of this boot's id. */
uint32_t watch_boot(const struct sysroot *root);

#endif

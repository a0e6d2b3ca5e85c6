/* SPDX-License-Identifier: MIT */
/* What systemd makes of a swap unit at boot, by its files and links. Detection and changes share it. */
#ifndef VPSFIT_SWAP_AT_BOOT_H
#define VPSFIT_SWAP_AT_BOOT_H

#include <stdbool.h>

#include "core/arena.h"
#include "files/sysroot.h"

/* Where systemd looks for units, those that hide the others first (systemd.unit(5)). */
#define SWAP_UNIT_DIRS 7
extern const char *const swap_unit_dirs[SWAP_UNIT_DIRS];

/* Masked for good: a link to /dev/null, or an empty file. What is masked below /run is so until the next boot only. */
bool swap_unit_is_masked(const struct sysroot *r, struct arena *a, const char *name);
/* The last value of a setting in a unit's text, blanks around '=' left out (systemd.syntax(7)); NULL: it has none. */
const char *swap_unit_value(struct arena *a, const char *text, const char *key);
/*
 * The command that has boot start the unit of this name and text, for people; NULL: boot starts it. Without an
 * [Install] section 'systemctl enable' would refuse.
 */
const char *swap_unit_mend(const struct sysroot *r, struct arena *a, const char *name, const char *text);

#endif

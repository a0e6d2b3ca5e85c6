/* SPDX-License-Identifier: MIT */
/* What vpsfit's swap is called: the file, and its entry for the next boot. Pure. */
#ifndef VPSFIT_SWAP_NAMES_H
#define VPSFIT_SWAP_NAMES_H

#include <stdbool.h>

#include "core/arena.h"

/* PATH, PATH.vpsfit, PATH.vpsfit-2: an area that grows needs a second name, and PATH may be somebody else's. */
#define SWAP_NAMES 3

#define SWAP_UNIT_DIR "/etc/systemd/system"
/* The first line of a unit of vpsfit's, and the option in a line of vpsfit's in /etc/fstab; nobody acts upon it. */
#define SWAP_UNIT_MARK "# vpsfit:"
#define SWAP_FSTAB_MARK "x-vpsfit"

const char *swap_name(struct arena *a, const char *preferred, int i);
/* What a file is called while it is made; both are names without a directory. */
const char *swap_hidden_name(struct arena *a, const char *name);
/* The unit's name for a path: as `systemd-escape --path --suffix=swap` says (systemd.unit(5)). */
const char *swap_unit_name(struct arena *a, const char *path);
const char *swap_unit_path(struct arena *a, const char *path);
/* The link that makes the unit start at boot. */
const char *swap_unit_wants(struct arena *a, const char *path);
/* The unit's bytes. `what` is the file, or /dev/disk/by-uuid/... */
const char *swap_unit_text(struct arena *a, const char *what);
/* What stands for an area in a unit's name and after What=: its path, or for a device with a UUID the link by that. */
const char *swap_unit_what(struct arena *a, const char *path, const char *uuid);

#endif

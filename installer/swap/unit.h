/* SPDX-License-Identifier: MIT */
/* Names of vpsfit's swap: the file, and its entry for the next boot. Pure. */
#ifndef VPSFIT_SWAP_UNIT_H
#define VPSFIT_SWAP_UNIT_H

#include <stdbool.h>

#include "core/arena.h"

/* PATH, PATH.vpsfit, PATH.vpsfit-2: a file that grows needs a second name, and PATH may be somebody else's. */
#define SWAP_NAMES 3

#define FSTAB_PATH "/etc/fstab"
#define SWAP_UNIT_DIR "/etc/systemd/system"
/* The links in it enable the units at boot. */
#define SWAP_WANTS_DIR SWAP_UNIT_DIR "/swap.target.wants"
/* OpenRC's service that turns on what /etc/fstab lists, and the link that has it started at boot. */
#define SWAP_OPENRC "/etc/init.d/swap"
#define SWAP_RUNLEVEL_DIR "/etc/runlevels/boot"
#define SWAP_RUNLEVEL SWAP_RUNLEVEL_DIR "/swap"
/* Start of a unit file of vpsfit's, and the option in its lines of /etc/fstab; without effect for systemd and mount. */
#define SWAP_UNIT_MARK "# vpsfit:"
#define SWAP_FSTAB_MARK "x-vpsfit"

const char *swap_name(struct arena *a, const char *preferred, int i);
/* The name of a file while it is being made; both are names without directory. */
const char *swap_hidden_name(struct arena *a, const char *name);
/* Unit name of a path, as `systemd-escape --path --suffix=swap` prints it (systemd.unit(5)). */
const char *swap_unit_name(struct arena *a, const char *path);
const char *swap_unit_path(struct arena *a, const char *path);
/* The link that enables the unit at boot. */
const char *swap_unit_wants(struct arena *a, const char *path);
/* Contents of the unit file. `what` is the file, or /dev/disk/by-uuid/... */
const char *swap_unit_text(struct arena *a, const char *what);
/* The path for unit name and What=: the area's own, or the link below /dev/disk/by-uuid of a device with a UUID. */
const char *swap_unit_what(struct arena *a, const char *path, const char *uuid);
/* The first field of its line in /etc/fstab: the area's path, or UUID=... of a device with a UUID. */
const char *swap_fstab_source(struct arena *a, const char *path, const char *uuid);
/* Does an absolute path name a swap unit, the link that enables one, or the one that enables OpenRC's service? */
bool swap_is_unit(const char *path);

#endif

/* SPDX-License-Identifier: MIT */
/* Swap's part of a change set: the areas, and the files that make them last. */
#ifndef VPSFIT_SWAP_CHANGES_H
#define VPSFIT_SWAP_CHANGES_H

#include "changes/changeset.h"

#define FSTAB_PATH "/etc/fstab"
#define SWAPPINESS_PATH "/etc/sysctl.d/60-vpsfit.conf"

/*
 * Adds to the set what is to be done about swap. Only on the running machine: a tree of another one is told what it
 * needs, not given it. 0 or a negative errno with errors in diags.
 */
int swap_changes_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		       struct changeset *set) must_check;
/* What an area is called in /etc/fstab: its path, or a device's UUID=. */
const char *swap_fstab_source(struct arena *a, const char *path, const char *uuid);

#endif

/* SPDX-License-Identifier: MIT */
/* The swap part of a change set: areas, and the files that make them permanent. */
#ifndef VPSFIT_SWAP_CHANGES_H
#define VPSFIT_SWAP_CHANGES_H

#include "changes/changeset.h"

#define SWAPPINESS_PATH "/etc/sysctl.d/60-vpsfit.conf"

/*
 * Adds the swap changes to the set, on the running machine only: with --sysroot, the plan states the need and nothing
 * is written. Returns 0, or a negative errno with errors in diags.
 */
int swap_changes_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		       struct changeset *set) must_check;

#endif

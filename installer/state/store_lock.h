/* SPDX-License-Identifier: MIT */
/* One run at a time per stack. */
#ifndef VPSFIT_STORE_LOCK_H
#define VPSFIT_STORE_LOCK_H

#include "core/arena.h"
#include "core/diag.h"
#include "core/macros.h"

int store_lock(struct arena *a, const char *store, struct diag_list *diags, int *ret_fd) must_check;
void store_unlock(struct arena *a, const char *store, int fd);

#endif

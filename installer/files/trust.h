/* SPDX-License-Identifier: MIT */
/* Whom this process trusts: root and its own user, nobody else. */
#ifndef VPSFIT_TRUST_H
#define VPSFIT_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/macros.h"

bool trust_owner(uid_t uid);
bool trust_writable_besides(int fd, const struct stat *st, uid_t who);
bool trust_writable_by_others(int fd, const struct stat *st);
bool trust_links_open(int fd, const struct stat *st);
int trust_own(struct arena *a, const char *path, struct diag_list *diags) must_check;
int trust_parents(struct arena *a, const char *path, struct diag_list *diags) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* A stack that vpsfit wrote and remembers nothing of: after a purge, or copied to another machine without the state. */
#ifndef VPSFIT_TAKE_UP_H
#define VPSFIT_TAKE_UP_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/service.h"
#include "files/sysroot.h"

struct building;
struct yaml_doc;

/* Does this directory hold such a stack? Reads only. */
bool take_up_recognised(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir);
/* The same, and the caller may read its secrets: what another user remembers of it cannot be seen from here. */
bool take_up_is_callers(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir);
/* Is this name in a directory no reason to leave the directory alone? */
bool take_up_ignores(const char *name);
/* What stands in one of its files counts as written last where it carries vpsfit's comment, else as edited by hand. */
void take_up_values(struct building *b, const struct yaml_doc *doc, const char *file);

#endif

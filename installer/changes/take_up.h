/* SPDX-License-Identifier: MIT */
/* Recognises a stack that vpsfit wrote but has no state of: after a purge, or copied from another machine. */
#ifndef VPSFIT_TAKE_UP_H
#define VPSFIT_TAKE_UP_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/service.h"
#include "files/sysroot.h"

struct building;
struct yaml_doc;

/* Is this directory such a stack? Reads only. */
bool take_up_recognised(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir);
/* And can the caller read its secrets? Otherwise it may be in another user's state, which cannot be seen from here. */
bool take_up_is_callers(struct arena *a, const struct sysroot *root, const struct service_set *set, const char *dir);
/* Can a name in the directory be ignored when deciding whether the directory is free? */
bool take_up_ignores(const char *name);
/* Has this directory only files of vpsfit's own? was_here: secrets of the stack are kept. */
bool take_up_is_rest(const struct building *b, const char *name, bool was_here);
/* Takes the file's values that carry vpsfit's comment as written last, the others as edited by hand. */
void take_up_values(struct building *b, const struct yaml_doc *doc, const char *file);

#endif

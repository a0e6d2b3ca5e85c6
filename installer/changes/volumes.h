/* SPDX-License-Identifier: MIT */
/* Is there a database that was made with a secret which is not here any more? */
#ifndef VPSFIT_VOLUMES_H
#define VPSFIT_VOLUMES_H

#include "core/arena.h"
#include "files/sysroot.h"
#include "compose/database.h"

/*
 * The database of the stack in `dir` (env_text: its .env, may be NULL): the volume under the name that Compose gives
 * it, looked for in Docker's data root and asked of the engine where one answers, or a directory that is not empty.
 * NULL where there is none.
 */
const char *volumes_find(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			 const struct database_place *place);

#endif

/* Is there a database that was made with a secret which is not here any more? */
#ifndef VPSFIT_VOLUMES_H
#define VPSFIT_VOLUMES_H

#include <stdbool.h>

#include "core/arena.h"
#include "detect/sysroot.h"

/* The volume of the stack in `dir` (env_text: its .env, may be NULL) under the name that Compose gives it, or NULL where there is
 * none: looked for in Docker's data root, and asked of the engine where one answers. */
const char *volumes_find(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			 const char *volume);

#endif

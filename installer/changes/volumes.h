/* SPDX-License-Identifier: MIT */
/* Finds a database that may depend on a secret which is lost. */
#ifndef VPSFIT_VOLUMES_H
#define VPSFIT_VOLUMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "files/sysroot.h"
#include "compose/database.h"

/*
 * Finds the database of the stack in `dir` (env_text: its .env, may be NULL): a volume under the name that Compose
 * gives it, searched in Docker's data roots and through the engine's API, or a directory that is not empty. Returns
 * NULL if there is none.
 */
const char *volumes_find(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			 const struct database_place *place);

/* Has the project that volume? */
bool volumes_of_project(const struct sysroot *r, struct arena *a, const char *project, const char *volume);
/* The projects that have a volume of that name, from Docker's data roots alone. Returns how many, at most max. */
size_t volumes_projects(const struct sysroot *r, struct arena *a, const char *volume, const char **ret, size_t max);

struct docker_roots;

/*
 * The folder of this machine that has a named volume's files; NULL: there is none, or only root may look. *roots: where
 * engines keep their data, looked up at the first call and kept in a; NULL before.
 */
const char *volumes_folder(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			   const struct database_place *place, const struct docker_roots **roots);

enum volume_data { VOLUME_EMPTY, VOLUME_HOLDS, VOLUME_UNKNOWN };

/*
 * Does one of these folders below a volume, or a bind mount, hold anything? Found like the database's. Unknown if the
 * volume cannot be looked into: the engine is elsewhere, or only root may.
 */
enum volume_data volumes_hold(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			      const struct database_place *place, const char *const *folders, size_t count);

#endif

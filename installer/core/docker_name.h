/* SPDX-License-Identifier: MIT */
/* Checked names for Docker: nothing else goes into a request to the engine or into a path below its data root. */
#ifndef VPSFIT_DOCKER_NAME_H
#define VPSFIT_DOCKER_NAME_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/macros.h"

/* NAME_MAX: it may become a file name. */
#define DOCKER_NAME_MAX 255

/* Only docker_name_set fills it in. */
struct docker_name {
	char text[DOCKER_NAME_MAX + 1];
};

/* False, with an empty name, unless [a-zA-Z0-9][a-zA-Z0-9_.-]* (moby's RestrictedNamePattern). */
bool docker_name_set(struct docker_name *ret, const char *text) must_check;
/* Compose's name for a project in a directory of this name: lower-case letters, digits, '_' and '-', no mark first. */
char *docker_project_name(struct arena *a, const char *name);

#endif

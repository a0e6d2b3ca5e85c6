/* SPDX-License-Identifier: MIT */
/* Checked names for Docker: nothing else goes into a request to the engine or into a path below its data root. */
#ifndef VPSFIT_DOCKER_NAME_H
#define VPSFIT_DOCKER_NAME_H

#include <stdbool.h>

#include "core/macros.h"

/* NAME_MAX: it may become a file name. */
#define DOCKER_NAME_MAX 255

/* Only docker_name_set fills it in. */
struct docker_name {
	char text[DOCKER_NAME_MAX + 1];
};

/* False, with an empty name, unless [a-zA-Z0-9][a-zA-Z0-9_.-]* (moby's RestrictedNamePattern). */
bool docker_name_set(struct docker_name *ret, const char *text) must_check;

#endif

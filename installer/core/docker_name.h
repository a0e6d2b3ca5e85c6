/* SPDX-License-Identifier: MIT */
/* Names that go to Docker. Nothing else may stand in a request to the engine, or name a directory of its data root. */
#ifndef VPSFIT_DOCKER_NAME_H
#define VPSFIT_DOCKER_NAME_H

#include <stdbool.h>

#include "core/macros.h"

/* One file name holds it. */
#define DOCKER_NAME_MAX 255

/* A checked name: docker_name_set alone fills it in. */
struct docker_name {
	char text[DOCKER_NAME_MAX + 1];
};

/*
 * False, and an empty name, where Docker would not take it: [a-zA-Z0-9][a-zA-Z0-9_.-]*, as its RestrictedNamePattern.
 */
bool docker_name_set(struct docker_name *ret, const char *text) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* How Docker and Compose are installed on a distribution, for hints. */
#ifndef VPSFIT_PACKAGES_H
#define VPSFIT_PACKAGES_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/machine.h"

/* A command (or what else is to be done) that installs both; NULL: not known for this distribution. */
const char *packages_engine(struct arena *a, const struct machine_distro *d, const struct machine_engine *e);
/* Does the engine come from Docker's own repository, or would it? */
bool packages_are_theirs(const struct machine_engine *e);
/* The same for Compose beside the engine that is there. */
const char *packages_compose(struct arena *a, const struct machine_distro *d, const struct machine_engine *e);
/* Is the Compose that the distribution's own package installs the old one, a program of its own (docker-compose)? */
bool packages_compose_is_old(const struct machine_distro *d);

#endif

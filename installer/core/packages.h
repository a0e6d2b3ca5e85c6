/* SPDX-License-Identifier: MIT */
/* How Docker and Compose are installed on a distribution, for hints. */
#ifndef VPSFIT_PACKAGES_H
#define VPSFIT_PACKAGES_H

#include "core/arena.h"
#include "core/machine.h"

/* A command (or what else is to be done) that installs both; NULL: not known for this distribution. */
const char *packages_engine(struct arena *a, const struct machine_distro *d);
/* The same for Compose beside the engine that is there. */
const char *packages_compose(struct arena *a, const struct machine_distro *d, const struct machine_engine *e);

#endif

/* SPDX-License-Identifier: MIT */
/* Private to this folder: the containers that run. */
#ifndef VPSFIT_CONTAINERS_H
#define VPSFIT_CONTAINERS_H

#include "detect/engine_processes.h"

/* Fills in the machine's containers and the sums over them in ram and swap. Needs the engine's data root. */
void containers_find(const struct probe *p, const struct cgroup_tree *tree, const struct engine_processes *engines);

#endif

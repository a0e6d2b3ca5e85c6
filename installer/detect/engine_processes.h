/* SPDX-License-Identifier: MIT */
/* Private to this folder: the engine's own processes, which belong neither to a container nor to the system. */
#ifndef VPSFIT_ENGINE_PROCESSES_H
#define VPSFIT_ENGINE_PROCESSES_H

#include "detect/cgroup_tree.h"

#define MAX_ENGINES 32

struct engine_daemon {
	uid_t uid; /* user that it runs as */
	const char *source;
};

struct engine_processes {
	struct engine_daemon daemons[MAX_ENGINES]; /* of dockerd, one a user */
	size_t daemon_count;
	struct fact use; /* of all its processes */
};

/* below: counts only processes in this control group's directory; NULL: all. */
void engine_processes_find(const struct probe *p, const struct cgroup_tree *tree, const char *below,
			   struct engine_processes *ret);

#endif

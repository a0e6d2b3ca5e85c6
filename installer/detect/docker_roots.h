/* SPDX-License-Identifier: MIT */
/* Where Docker keeps its data and listens, in all its layouts. Reads files, asks no daemon. Podman is not Docker. */
#ifndef VPSFIT_DOCKER_ROOTS_H
#define VPSFIT_DOCKER_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/arena.h"
#include "files/sysroot.h"

#define MAX_DOCKER_ROOTS 32
#define DOCKER_DEFAULT_ROOT "/var/lib/docker"
#define DOCKER_DAEMON_JSON "/etc/docker/daemon.json"

struct docker_root {
	/* The data root, below the sysroot (contains volumes/ and containers/); NULL: only the socket is known. */
	const char *path;
	const char *socket; /* NULL: unknown */
	const char *source; /* the evidence: a file, a process, or the default path */
	bool rootless;
	uid_t uid; /* user the daemon runs as */
};

struct docker_roots {
	struct docker_root items[MAX_DOCKER_ROOTS];
	size_t count;
};

/* The caller's environment; unset variables are NULL. */
struct docker_caller {
	const char *docker_host;
	const char *xdg_data_home;
	const char *xdg_runtime_dir;
};

/*
 * Lists the roots, likeliest first, without duplicates. The system's default is always there, even if it does not
 * exist. caller is NULL if the tree is another machine's. Texts are allocated from a.
 */
void docker_roots_find(const struct sysroot *r, struct arena *a, const struct docker_caller *caller,
		       struct docker_roots *ret);
/* The same for the caller of this program. */
void docker_roots_of_caller(const struct sysroot *r, struct arena *a, struct docker_roots *ret);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Where Docker keeps its data and listens, in every layout of it: the one finder for the whole program. Reads files
 * alone and asks no daemon. Podman is not Docker.
 */
#ifndef VPSFIT_DOCKER_ROOTS_H
#define VPSFIT_DOCKER_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/arena.h"
#include "files/sysroot.h"

#define MAX_DOCKER_ROOTS 32

struct docker_root {
	/* The data root as the machine sees it (volumes/ and containers/ lie in it); NULL: only the socket is known. */
	const char *path;
	const char *socket; /* NULL: not known */
	const char *source; /* what says so: a file, a process, or that it is the default */
	bool rootless;
	uid_t uid; /* of the daemon */
};

struct docker_roots {
	struct docker_root items[MAX_DOCKER_ROOTS];
	size_t count;
};

/* What the caller's environment says; NULL where it does not. */
struct docker_caller {
	const char *docker_host;
	const char *xdg_data_home;
	const char *xdg_runtime_dir;
};

/*
 * The likeliest first, each once; the system's default is always among them, there or not. caller is NULL where the
 * tree is another machine's. Texts are allocated from a.
 */
void docker_roots_find(const struct sysroot *r, struct arena *a, const struct docker_caller *caller,
		       struct docker_roots *ret);

#endif

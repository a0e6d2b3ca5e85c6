/* SPDX-License-Identifier: MIT */
/* How the stack's containers are, as the engine tells. */
#ifndef VPSFIT_CONTAINER_STATES_H
#define VPSFIT_CONTAINER_STATES_H

#include "session/session.h"

#define MAX_STATES 64

struct container_state {
	const char *service;
	const char *id;
	const char *status; /* "running", "restarting", "exited", "created", ... */
	const char *health; /* "starting", "healthy", "unhealthy"; "": it has no health check */
	bool out_of_memory; /* its first process was ended for lack of memory */
	int restarts;
	int exit_code;
};

struct container_states {
	struct container_state items[MAX_STATES];
	size_t count;
};

/* Compose's program with the options that name this stack, then `more`: an argument list, NULL at its end. */
const char *const *compose_arguments(struct session *s, const char *const more[]);
/* Directory to run it in; NULL: any. */
const char *compose_directory(const struct session *s);
/* Asks the engine. Returns 0, or -errno: -EIO if it does not answer. */
int container_states_read(struct session *s, struct arena *a, struct container_states *ret) must_check;
/* Is it as it should be? One that ended well, and is not to be restarted, is. */
bool container_is_well(const struct container_state *c);

#endif

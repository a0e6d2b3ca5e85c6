/* SPDX-License-Identifier: MIT */
/* Detection: sysroot -> machine. Only reads; a failed probe never fails the run. */
#ifndef VPSFIT_DETECT_H
#define VPSFIT_DETECT_H

#include "core/arena.h"
#include "core/machine.h"
#include "core/service.h"
#include "files/sysroot.h"

struct detect_request {
	const char *stack_dir;		    /* absolute; the directory of the stack */
	const char *project;		    /* Compose's name for the stack of that directory; NULL: not known */
	const char *former_project;	    /* the name that it had when it was last applied; NULL: none, or the same */
	const char *former_dir;		    /* where it was before it was moved; NULL: it was not */
	const char *swap_file;		    /* absolute; path of the swap file */
	const struct service_set *services; /* to see whether the engine has their images */
	const struct swap_area *made;	    /* areas in the stack's state */
	size_t made_count;
	const char *bind; /* where the gateway of vpsfit's own stack will listen; NULL and 0: not known */
	int port;
	int port_now; /* as the stack's .env has it, whatever is asked for; 0: not known */
};

/* Fills in all of *ret; texts are allocated from a. */
void detect_machine(const struct sysroot *r, struct arena *a, const struct detect_request *req, struct machine *ret);

/* The path under which detection lists the swap partition `name` (a link below /dev/disk, say); else `name` itself. */
const char *detect_swap_device(const struct sysroot *r, const struct machine *m, const char *name);

#endif

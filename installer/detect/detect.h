/* SPDX-License-Identifier: MIT */
/* Detection: sysroot -> machine. Reads only; one failed probe never fails the run. */
#ifndef VPSFIT_DETECT_H
#define VPSFIT_DETECT_H

#include "core/arena.h"
#include "core/machine.h"
#include "core/service.h"
#include "files/sysroot.h"

struct detect_request {
	const char *stack_dir;		    /* absolute; where the stack goes */
	const char *swap_file;		    /* absolute; where a swap file would go */
	const struct service_set *services; /* whose images the engine may have already */
	const struct swap_record *made;	    /* what the stack's state remembers */
	size_t made_count;
};

/* Fills in *ret completely; texts are allocated from a. */
void detect_machine(const struct sysroot *r, struct arena *a, const struct detect_request *req, struct machine *ret);

/* The name by which detection knows a swap partition that is named by another path, such as a link below /dev/disk; the
 * name itself where it knows none. */
const char *detect_swap_device(const struct sysroot *r, const struct machine *m, const char *name);

#endif

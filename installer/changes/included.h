/* SPDX-License-Identifier: MIT */
/* Services of files that the stack's compose file includes. */
#ifndef VPSFIT_INCLUDED_H
#define VPSFIT_INCLUDED_H

#include "changes/building.h"
#include "core/stack_service.h"

/*
 * The stack's own services and those of included files, which play no part. A file that cannot be read counts as a
 * service of which nothing is known. Returns their number; *ret is allocated from b->a.
 */
size_t included_services(struct building *b, const struct stack_service *own, size_t own_count,
			 const struct stack_service **ret);

/*
 * Takes the services of included files into a stack that somebody else wrote, where one of them and none of its own has
 * the part with the workers.
 */
void included_take_workers(struct building *b, struct project *p);

#endif

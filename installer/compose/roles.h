/* SPDX-License-Identifier: MIT */
/* Finds which service of a compose file plays which part, whoever wrote it. */
#ifndef VPSFIT_ROLES_H
#define VPSFIT_ROLES_H

#include "core/arena.h"
#include "core/diag.h"
#include "compose/owned.h"
#include "yaml/tree.h"

struct role {
	const char *candidates[MAX_CANDIDATES]; /* service names */
	size_t count;
};

/* The services that could be s: by image, or by the service's own name if the image tells nothing. */
struct role roles_candidates(struct arena *a, const struct yaml_doc *doc, const struct service *s);
/*
 * Fills in services and their styles; an unanswered part is found by image. Returns 0; -ENOTUNIQ with an error that
 * lists the candidates; -ENOENT with an error if the service with the workers, or a named one, does not exist.
 */
int roles_find(struct arena *a, const struct yaml_doc *doc, const struct service_set *set,
	       const struct answers *answers, struct diag_list *diags, struct owned_layout *ret) must_check;
/* Finds in which style each of the layout's services has its limits. */
void roles_style(struct arena *a, const struct yaml_doc *doc, struct owned_layout *layout);

#endif

/* SPDX-License-Identifier: MIT */
/* Which service of a compose file plays which part, whoever wrote it. */
#ifndef VPSFIT_ROLES_H
#define VPSFIT_ROLES_H

#include "core/arena.h"
#include "core/diag.h"
#include "compose/owned.h"
#include "yaml/tree.h"

#define MAX_CANDIDATES 16

struct role {
	const char *candidates[MAX_CANDIDATES]; /* names of services */
	size_t count;
};

/* The services that could be it, by image; by the service's own name where the image says nothing. */
struct role roles_candidates(struct arena *a, const struct yaml_doc *doc, const struct service *s);
/*
 * Fills in the services and their styles. A part that answers name no service for is found by its image. Returns 0;
 * -ENOTUNIQ with an error that lists the candidates where there are several; -ENOENT with an error where no service has
 * workers, or not the one that was named.
 */
int roles_find(struct arena *a, const struct yaml_doc *doc, const struct service_set *set,
	       const struct answers *answers, struct diag_list *diags, struct owned_layout *ret) must_check;
/* In which way each of the layout's services says its limits. */
void roles_style(struct arena *a, const struct yaml_doc *doc, struct owned_layout *layout);

#endif

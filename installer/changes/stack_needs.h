/* SPDX-License-Identifier: MIT */
/* What the files of a stack that somebody else wrote make its services need, for the planner. */
#ifndef VPSFIT_STACK_NEEDS_H
#define VPSFIT_STACK_NEEDS_H

#include "changes/building.h"
#include "compose/owned.h"
#include "core/stack_images.h"

/* Fills in ret->needs and ret->database. ret->services must be there. */
void stack_needs_find(struct building *b, const struct owned_layout *layout, struct stack_images *ret);
/* Does the key below the service, or the variable, have a value, and does that contain the text ("": any)? */
bool stack_needs_has(struct building *b, const struct yaml_node *service, const char *in, const char *text);
/* LiteLLM's configuration that has the section as it holds; NULL: none that can be read here. */
const struct yaml_doc *stack_needs_configuration(struct building *b, const struct yaml_node *service,
						 const char *section);
const char *stack_needs_text(struct building *b, const struct yaml_node *service, const struct yaml_node *n);
/* gateway_reach.c: what the gateway uses that may be none of the stack's services. */
void gateway_reach(struct building *b, const struct owned_layout *layout, struct stack_images *ret);

/* The names by which other containers reach a service; more of them than these nobody gives. */
struct service_hosts {
	const char *names[4 + MAX_CANDIDATES];
	size_t count;
};

struct service_hosts service_hosts(const char *name, const struct yaml_node *service);
/*
 * database_here.c: an address's host, NULL where it cannot be told, and its port; and do the service's variables lead
 * to the database by a name for this machine, at its port here?
 */
const char *stack_needs_host(struct arena *a, const char *address, const char **ret_port);
bool database_is_used_here(struct arena *a, const char *variables, const struct yaml_node *service,
			   const struct yaml_node *database, const char *name);
/* database_users.c: connections of everybody but the gateway; *ret_gateways: further gateways at the same database. */
int64_t database_users(struct building *b, const struct owned_layout *layout, const struct stack_images *stack,
		       int64_t *ret_gateways);
/* postgres_settings.c: what the database's own settings say. */
void postgres_settings(struct building *b, const struct service *s, const struct yaml_node *service,
		       struct service_needs *needs, struct database_needs *ret);

#endif

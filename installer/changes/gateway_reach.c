/* SPDX-License-Identifier: MIT */
/*
 * What the gateway uses that may be none of the stack's services: a database on another machine, a Redis. LiteLLM takes
 * the database's address from DATABASE_URL, from DATABASE_HOST, or from general_settings.database_url; a Redis from
 * REDIS_* or from router_settings and litellm_settings.cache_params (litellm/_redis.py and proxy_server.py of 1.110).
 */
#include <string.h>

#include "changes/container_view.h"
#include "changes/stack_needs.h"
#include "compose/roles.h"

/* Services that are asked for their names. */
#define MOST_SERVICES 256

static const char *database_host(struct building *b, const struct yaml_node *service)
{
	const struct yaml_doc *doc = stack_needs_configuration(b, service, "general_settings");
	const char *address = view_variable(b, service, "DATABASE_URL"), *port;

	if (!address)
		address = view_variable(b, service, "DATABASE_HOST");
	if (!address && doc)
		address = stack_needs_text(b, service, yaml_path(doc->root, "general_settings/database_url"));
	address = address ? stack_needs_host(b->a, address, &port) : NULL;
	return address ? roles_host_service(address) : NULL;
}

static bool is_service(struct building *b, const struct stack_images *stack, const char *host)
{
	for (size_t i = 0; i < stack->service_count && i < MOST_SERVICES; i++) {
		const struct project_service *one = project_service(b->project, stack->services[i].name);
		const struct service_hosts all = service_hosts(stack->services[i].name, one ? one->node : NULL);

		for (size_t k = 0; k < all.count; k++)
			if (STR_EQ(all.names[k], host))
				return true;
	}
	return false;
}

static bool is_said(const struct yaml_node *n)
{
	return n && (n->kind == YAML_SCALAR ? yaml_text(n) && yaml_text(n)[0] : n->count > 0);
}

static bool names_redis(struct building *b, const struct yaml_node *service)
{
	static const char *const variables[] = {"REDIS_URL", "REDIS_HOST", "REDIS_CLUSTER_NODES",
						"REDIS_SENTINEL_NODES"};
	static const struct {
		const char *section, *keys[5];
	} rows[] = {{"router_settings", {"redis_host", "redis_url"}},
		    {"litellm_settings",
		     {"cache_params/host", "cache_params/url", "cache_params/redis_startup_nodes",
		      "cache_params/sentinel_nodes"}}};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (view_variable(b, service, variables[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct yaml_doc *doc = stack_needs_configuration(b, service, rows[i].section);

		for (const char *const *key = rows[i].keys; doc && *key; key++)
			if (is_said(yaml_path(doc->root, arena_printf(b->a, "%s/%s", rows[i].section, *key))))
				return true;
	}
	return false;
}

void gateway_reach(struct building *b, const struct owned_layout *layout, struct stack_images *ret)
{
	const struct service_set *set = b->req->plan->set;
	size_t w = service_by_part(set, PART_WORKERS), d = service_by_part(set, PART_DATABASE);
	const char *name = w == NO_SERVICE ? NULL : layout->services[w], *host;
	const struct project_service *one = name ? project_service(b->project, name) : NULL;
	bool has_database = d != NO_SERVICE && layout->services[d], is_far;

	if (!one)
		return;
	ret->names_redis = names_redis(b, one->node);
	host = database_host(b, one->node);
	/* A name without a dot is a service's, also of a file that is not here. */
	is_far = host && (strpbrk(host, ".:") || roles_is_this_machine(host));
	ret->database.outside = host && !has_database && is_service(b, ret, host);
	ret->database.elsewhere = is_far && !is_service(b, ret, host) && !(has_database && roles_is_this_machine(host));
}

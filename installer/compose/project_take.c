/* SPDX-License-Identifier: MIT */
/* Services of an included project, taken into the one that includes it (compose-spec, "include"). */
#include <string.h>

#include "compose/project_parts.h"

static void make_absolute(struct arena *a, const char *dir, struct yaml_node *n, size_t len)
{
	const char *path, *rest;

	if (!n || n->kind != YAML_SCALAR || !n->value[0] || n->value[0] == '/' || strstr(n->value, "://"))
		return;
	rest = n->value + len;
	path = project_path(a, dir, arena_strndup(a, n->value, len));
	n->value = arena_printf(a, "%s%s", path, rest);
	n->value_len = (uint32_t)strlen(n->value);
}

static void whole(struct arena *a, const char *dir, const struct yaml_node *n)
{
	if (n && n->kind == YAML_SCALAR)
		make_absolute(a, dir, (struct yaml_node *)n, strlen(n->value));
}

/* A volume that has no path of this machine has a name, or nothing but the path in the container. */
static void mounts(struct arena *a, const char *dir, const struct yaml_node *list)
{
	for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->count; i++) {
		struct yaml_node *n = list->items[i];
		const struct yaml_node *source = yaml_get(n, "source");

		if (n->kind == YAML_SCALAR && n->value[0] == '.' && strchr(n->value, ':'))
			make_absolute(a, dir, n, strcspn(n->value, ":"));
		else if (source && source->kind == YAML_SCALAR && source->value[0] == '.')
			whole(a, dir, source);
	}
}

static void absolute_paths(struct arena *a, const char *dir, const struct yaml_node *service)
{
	const struct yaml_node *files = yaml_get(service, "env_file"), *build = yaml_get(service, "build");

	for (size_t i = 0; files && files->kind == YAML_SEQUENCE && i < files->count; i++) {
		const struct yaml_node *n = files->items[i];

		whole(a, dir, n->kind == YAML_MAPPING ? yaml_get(n, "path") : n);
	}
	mounts(a, dir, yaml_get(service, "volumes"));
	whole(a, dir, build ? yaml_get(build, "context") : NULL);
}

static void nameless(struct project *other)
{
	for (size_t i = 0; i < other->file_count; i++)
		other->files[i].name = NULL;
	for (size_t i = 0; i < other->extended_count; i++)
		other->extended[i].name = NULL;
}

/* The services' mapping of the merged tree. */
static struct yaml_node *mapping_of(struct arena *a, const struct project *p, const struct project *other)
{
	const struct yaml_node *theirs = yaml_get(other->doc->root, "services");
	struct yaml_node *mine = (struct yaml_node *)yaml_get(p->doc->root, "services"), *root = p->doc->root, *key;

	if (mine && mine->kind == YAML_MAPPING)
		return mine;
	mine = &project_new_node(a, project_node(theirs), YAML_MAPPING)->yaml;
	key = &project_new_node(a, project_node(theirs), YAML_SCALAR)->yaml;
	key->value = "services";
	key->value_len = (uint32_t)strlen(key->value);
	/* An empty `services:` goes. */
	project_set(a, root, key, NULL);
	project_set(a, root, key, mine);
	return mine;
}

void project_take(struct arena *a, struct project *p, struct project *other)
{
	struct project_service *all = arena_array(a, p->service_count + other->service_count + 1, sizeof(*all));
	struct yaml_node *services;

	if (other->service_count == 0 || !p->doc->root)
		return;
	services = mapping_of(a, p, other);
	nameless(other);
	if (p->service_count > 0)
		memcpy(all, p->services, p->service_count * sizeof(*all));
	p->services = all;
	for (size_t i = 0; i < other->service_count; i++) {
		const struct project_service *s = &other->services[i];
		struct yaml_node *key;

		if (project_service(p, s->name))
			continue;
		absolute_paths(a, other->dir, s->node);
		key = &project_new_node(a, project_node(s->node), YAML_SCALAR)->yaml;
		key->value = s->name;
		key->value_len = (uint32_t)strlen(key->value);
		project_set(a, services, key, (struct yaml_node *)s->node);
		all[p->service_count] = *s;
		all[p->service_count++].included = s->included ? s->included : project_home(other, s->name);
	}
}

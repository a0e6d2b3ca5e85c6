/* SPDX-License-Identifier: MIT */
#include "compose/database.h"

#include <string.h>

#include "compose/roles.h"
#include "core/macros.h"
#include "core/text.h"

/* Is it the data directory, or below it? */
static bool is_below(const char *target, const char *data)
{
	return strncmp(target, data, strlen(data)) == 0 && (!target[strlen(data)] || target[strlen(data)] == '/');
}

static void take_source(struct arena *a, const char *source, size_t len, struct database_place *ret)
{
	const char *text = arena_strndup(a, source, len);

	if (text[0] == '/' || text[0] == '.')
		ret->folder = text;
	else if (text[0] != '~' && text[0] != '$')
		ret->volume = text;
}

/* A mount: "SOURCE:TARGET[:MODE]", or a mapping with source and target. */
static void take_mount(struct arena *a, const struct yaml_node *mount, const char *data, struct database_place *ret)
{
	const struct yaml_node *source = yaml_get(mount, "source"), *target = yaml_get(mount, "target");
	const char *colon;

	if (yaml_is_scalar(source) && yaml_is_scalar(target) && is_below(target->value, data))
		take_source(a, source->value, source->value_len, ret);
	if (!yaml_is_scalar(mount))
		return;
	colon = strchr(mount->value, ':');
	if (colon && is_below(arena_strndup(a, colon + 1, strcspn(colon + 1, ":")), data))
		take_source(a, mount->value, (size_t)(colon - mount->value), ret);
}

static void take_mounts(struct arena *a, const struct yaml_node *services, const char *data, struct database_place *ret)
{
	for (size_t i = 0; services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		const struct yaml_node *mounts = yaml_get(services->items[i + 1], "volumes");

		for (size_t k = 0; mounts && mounts->kind == YAML_SEQUENCE && k < mounts->count; k++)
			take_mount(a, mounts->items[k], data, ret);
	}
}

struct database_place database_volume(const struct yaml_doc *compose, const char *key)
{
	struct database_place found = {.volume = key};
	const struct yaml_node *root = compose->root, *name = yaml_get(root, "name"), *volume;

	if (name && name->kind == YAML_SCALAR && !strchr(name->value, '$'))
		found.project = name->value;
	volume = key ? yaml_get(yaml_get(root, "volumes"), key) : NULL;
	name = volume ? yaml_get(volume, "name") : NULL;
	if (name && name->kind == YAML_SCALAR)
		found.fixed = name->value;
	else if (volume && yaml_get(volume, "external"))
		found.fixed = key;
	return found;
}

/* data: path of the data in the database's container; NULL: unknown, then nothing is found but the project's name. */
struct database_place database_find(struct arena *a, const struct yaml_doc *compose, const char *data)
{
	struct database_place mounted = {.volume = NULL}, found;

	if (data)
		take_mounts(a, compose->root ? yaml_get(compose->root, "services") : NULL, data, &mounted);
	found = database_volume(compose, mounted.volume);
	found.folder = mounted.folder;
	return found;
}

/* Is it a name of the machine, or container, itself? */
bool roles_is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "::1"};

	return text_is_among(host, names, ARRAY_SIZE(names));
}

/* A Swarm also knows the containers of a service by "tasks." before its name. */
const char *roles_host_service(const char *host)
{
	static const char tasks[] = "tasks.";

	return strncmp(host, tasks, strlen(tasks)) == 0 ? host + strlen(tasks) : host;
}

/* Is it a name by which a container reaches this machine, where a service of the project may publish its port? */
bool roles_is_this_machine(const char *host)
{
	static const char *const names[] = {"host.docker.internal", "172.17.0.1"};

	return roles_is_loopback(host) || text_is_among(host, names, ARRAY_SIZE(names));
}

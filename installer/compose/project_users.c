/* SPDX-License-Identifier: MIT */
/* Which service uses a service, volume or network: Compose refuses a project that lacks it. */
#include "compose/project_users.h"

#include <string.h>

#include "core/macros.h"

/* How a key of a service names what it needs. */
enum way {
	BY_KEY,	   /* mapping: each key is a name */
	BY_ITEM,   /* each item of a list is one, up to a colon, or has it as its source */
	BY_SERVICE /* "service:NAME" */
};

/* From the Compose specification. The project has normalised keys that have two forms. */
static const struct {
	const char *section, *key;
	enum way way;
} uses[] = {
	{"services", "depends_on", BY_KEY},    {"services", "links", BY_ITEM},
	{"services", "volumes_from", BY_ITEM}, {"services", "network_mode", BY_SERVICE},
	{"services", "pid", BY_SERVICE},       {"services", "ipc", BY_SERVICE},
	{"volumes", "volumes", BY_ITEM},       {"networks", "networks", BY_KEY},
	{"secrets", "secrets", BY_ITEM},       {"configs", "configs", BY_ITEM},
};

static bool is_named(const struct yaml_node *item, const char *name)
{
	const struct yaml_node *source = item->kind == YAML_MAPPING ? yaml_get(item, "source") : item;
	size_t n = strlen(name);

	return yaml_is_scalar(source) && strncmp(source->value, name, n) == 0 &&
	       (source->value[n] == '\0' || source->value[n] == ':');
}

static bool names(const struct yaml_node *value, enum way way, const char *name)
{
	if (!value)
		return false;
	if (way == BY_SERVICE)
		return yaml_is_scalar(value) && strncmp(value->value, "service:", 8) == 0 &&
		       STR_EQ(value->value + 8, name);
	if (way == BY_KEY)
		return value->kind == YAML_MAPPING && yaml_get(value, name);
	for (size_t i = 0; value->kind == YAML_SEQUENCE && i < value->count; i++)
		if (is_named(value->items[i], name))
			return true;
	return false;
}

/*
 * The first other service that uses an entry of a section ("services", "volumes", ...) of the project; *ret_key is the
 * key that names it. NULL: none.
 */
const struct project_service *project_user(const struct project *p, const char *section, const char *name,
					   const char **ret_key)
{
	for (size_t s = 0; s < p->service_count; s++) {
		if (STR_EQ(section, "services") && STR_EQ(p->services[s].name, name))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
			if (!STR_EQ(uses[i].section, section) ||
			    !names(yaml_get(p->services[s].node, uses[i].key), uses[i].way, name))
				continue;
			*ret_key = uses[i].key;
			return &p->services[s];
		}
	}
	return NULL;
}

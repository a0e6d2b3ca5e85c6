/* SPDX-License-Identifier: MIT */
/*
 * Compose accepts many keys in a short and a long form. Converts to one of them, so that any two files can be merged.
 */
#include <string.h>

#include "compose/project_index.h"
#include "compose/project_parts.h"

enum form {
	AS_MAPPING, /* "KEY=VALUE" in a list; a bare KEY has no value */
	AS_LABELS,  /* the same, but a bare KEY has an empty value */
	AS_NAMES,   /* names in a list become keys */
	AS_DEPENDS,
	AS_LIST, /* a single text becomes a list */
	AS_BUILD,
	AS_DEPLOY
};

struct short_form {
	const char *key;
	enum form form;
};

/* Compose-spec, "services". */
static const struct short_form of_service[] = {
	{"environment", AS_MAPPING}, {"sysctls", AS_MAPPING},	 {"labels", AS_LABELS}, {"annotations", AS_LABELS},
	{"networks", AS_NAMES},	     {"depends_on", AS_DEPENDS}, {"dns", AS_LIST},	{"dns_search", AS_LIST},
	{"dns_opt", AS_LIST},	     {"tmpfs", AS_LIST},	 {"env_file", AS_LIST}, {"build", AS_BUILD},
	{"deploy", AS_DEPLOY},
};
static const struct short_form of_build[] = {{"args", AS_MAPPING}, {"labels", AS_LABELS}};
static const struct short_form of_deploy[] = {{"labels", AS_LABELS}};

static struct yaml_node *scalar(struct arena *a, const struct yaml_node *like, const char *value, enum yaml_style style)
{
	struct project_node *n = project_new_node(a, project_node(like), YAML_SCALAR);

	n->mark = MARK_NONE;
	n->yaml.style = style;
	n->yaml.value = value;
	n->yaml.value_len = (uint32_t)strlen(value);
	return &n->yaml;
}

static struct yaml_node *condition(struct arena *a, const struct yaml_node *like)
{
	struct project_node *map = project_new_node(a, project_node(like), YAML_MAPPING);

	map->mark = MARK_NONE;
	project_set(a, &map->yaml, scalar(a, like, "condition", YAML_PLAIN),
		    scalar(a, like, "service_started", YAML_PLAIN));
	return &map->yaml;
}

/* Converts a list of texts to a mapping. */
static struct yaml_node *mapped(struct arena *a, const struct yaml_node *list, enum form form)
{
	struct project_node *map = project_new_node(a, project_node(list), YAML_MAPPING);
	struct text_index known = index_new(a, list->count);

	map->yaml.items = arena_array(a, 2 * list->count + 1, sizeof(*map->yaml.items));
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		bool pair = form == AS_MAPPING || form == AS_LABELS;
		size_t n = pair && item->kind == YAML_SCALAR ? strcspn(item->value, "=") : 0;
		const char *key;
		struct yaml_node *value;
		size_t at;

		if (item->kind != YAML_SCALAR)
			continue;
		n = pair ? n : item->value_len;
		if (form == AS_DEPENDS)
			value = condition(a, item);
		else if (item->value[n])
			value = scalar(a, item, item->value + n + 1, YAML_DOUBLE);
		else
			value = scalar(a, item, "", form == AS_LABELS ? YAML_DOUBLE : YAML_PLAIN);
		key = arena_strndup(a, item->value, n);
		if (!index_find(&known, key, &at)) {
			at = map->yaml.count;
			map->yaml.count += 2;
		}
		index_add(&known, key, at);
		map->yaml.items[at] = scalar(a, item, key, YAML_DOUBLE);
		map->yaml.items[at + 1] = value;
	}
	return &map->yaml;
}

static struct yaml_node *listed(struct arena *a, struct yaml_node *text)
{
	struct project_node *list = project_new_node(a, project_node(text), YAML_SEQUENCE);

	list->yaml.items = arena_array(a, 2, sizeof(*list->yaml.items));
	list->yaml.items[list->yaml.count++] = text;
	return &list->yaml;
}

static struct yaml_node *built(struct arena *a, struct yaml_node *text)
{
	struct project_node *map = project_new_node(a, project_node(text), YAML_MAPPING);

	project_set(a, &map->yaml, scalar(a, text, "context", YAML_PLAIN), text);
	return &map->yaml;
}

static struct yaml_node *expand(struct arena *a, struct yaml_node *node, const struct short_form *forms, size_t count);

static struct yaml_node *normal(struct arena *a, struct yaml_node *value, enum form form)
{
	bool text = value->kind == YAML_SCALAR && !project_is_null(value);

	switch (form) {
	case AS_LIST:
		return text && project_node(value)->mark != MARK_RESET ? listed(a, value) : value;
	case AS_BUILD:
		return text && project_node(value)->mark != MARK_RESET
			       ? built(a, value)
			       : expand(a, value, of_build, ARRAY_SIZE(of_build));
	case AS_DEPLOY:
		return expand(a, value, of_deploy, ARRAY_SIZE(of_deploy));
	default:
		return value->kind == YAML_SEQUENCE ? mapped(a, value, form) : value;
	}
}

static struct yaml_node *expand(struct arena *a, struct yaml_node *node, const struct short_form *forms, size_t count)
{
	for (size_t i = 0; node->kind == YAML_MAPPING && i + 1 < node->count; i += 2)
		for (size_t k = 0; k < count; k++)
			if (STR_EQ(node->items[i]->value, forms[k].key))
				node->items[i + 1] = normal(a, node->items[i + 1], forms[k].form);
	return node;
}

void project_normalise(struct arena *a, struct yaml_node *root)
{
	struct yaml_node *services = yaml_get(root, "services");

	for (size_t i = 0; services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2)
		expand(a, services->items[i + 1], of_service, ARRAY_SIZE(of_service));
}

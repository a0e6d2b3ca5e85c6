/* SPDX-License-Identifier: MIT */
/* Nodes of a project's trees: each knows the file and the place that it comes from. */
#include <string.h>

#include "compose/project_parts.h"

const struct project_node *project_node(const struct yaml_node *n)
{
	return (const struct project_node *)n;
}

struct project_node *project_new_node(struct arena *a, const struct project_node *like, enum yaml_kind kind)
{
	struct project_node *n = arena_alloc(a, sizeof(*n));

	*n = *like;
	n->yaml.kind = kind;
	n->yaml.properties = NULL;
	n->yaml.value = NULL;
	n->yaml.value_len = n->yaml.count = 0;
	n->yaml.items = NULL;
	return n;
}

/* A shallow copy of a mapping or list with room for so many more items. */
struct yaml_node *project_copy(struct arena *a, const struct yaml_node *collection, size_t room)
{
	struct project_node *n = arena_alloc(a, sizeof(*n));

	*n = *project_node(collection);
	n->yaml.items = arena_array(a, collection->count + room + 1, sizeof(*n->yaml.items));
	if (collection->count > 0)
		memcpy(n->yaml.items, collection->items, collection->count * sizeof(*n->yaml.items));
	return &n->yaml;
}

void project_set(struct arena *a, struct yaml_node *map, const struct yaml_node *key, struct yaml_node *value)
{
	for (size_t i = 0; i + 1 < map->count; i += 2) {
		if (!STR_EQ(map->items[i]->value, key->value))
			continue;
		if (value) {
			map->items[i + 1] = value;
			return;
		}
		memmove(map->items + i, map->items + i + 2, (map->count - i - 2) * sizeof(*map->items));
		map->count -= 2;
		return;
	}
	if (!value)
		return;
	map->items = project_copy(a, map, 2)->items;
	map->items[map->count++] = (struct yaml_node *)key;
	map->items[map->count++] = value;
}

bool project_is_null(const struct yaml_node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (!n || n->kind != YAML_SCALAR || n->style != YAML_PLAIN || yaml_tag(n))
		return !n;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (STR_EQ(n->value, words[i]))
			return true;
	return false;
}

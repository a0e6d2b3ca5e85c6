/* SPDX-License-Identifier: MIT */
#include "compose/same_tree.h"

#include <string.h>

#include "core/macros.h"
#include "compose/variables.h"

struct comparison {
	const struct tree_change *changes;
	size_t change_count;
	const struct yaml_node *const *added;
	size_t added_count;
};

static const struct tree_change *change_of(const struct comparison *c, const struct yaml_node *n)
{
	for (size_t i = 0; i < c->change_count; i++)
		if (c->changes[i].node == n)
			return &c->changes[i];
	return NULL;
}

static bool is_added(const struct comparison *c, const struct yaml_node *n)
{
	for (size_t i = 0; i < c->added_count; i++)
		if (c->added[i] == n)
			return true;
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && STR_EQ(a, b));
}

static bool same_scalar(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	const struct tree_change *change = change_of(c, a);

	if (change)
		return b->value_len == strlen(change->expected) && STR_EQ(b->value, change->expected) &&
		       (b->style == a->style || (change->quoted && b->style == YAML_DOUBLE));
	return a->style == b->style && a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0;
}

static bool same_node(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b);

/* A null ("deploy:") that became an added mapping. */
static bool filled_in(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	return variable_is_null(a) && is_added(c, b);
}

static bool same_list(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	size_t i = 0;

	for (size_t k = 0; k < b->count; k++) {
		if (is_added(c, b->items[k]))
			continue;
		if (i == a->count || !same_node(c, a->items[i++], b->items[k]))
			return false;
	}
	return i == a->count;
}

static bool same_map(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	size_t i = 0;

	for (size_t k = 0; k + 1 < b->count; k += 2) {
		bool here = i + 1 < a->count && same_node(c, a->items[i], b->items[k]);

		if (is_added(c, b->items[k + 1]) && !(here && filled_in(c, a->items[i + 1], b->items[k + 1])))
			continue;
		if (!here ||
		    !(filled_in(c, a->items[i + 1], b->items[k + 1]) || same_node(c, a->items[i + 1], b->items[k + 1])))
			return false;
		i += 2;
	}
	return i == a->count;
}

/* Depth is bounded by YAML_MAX_DEPTH; aliases are compared by name, never followed. */
static bool same_node(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || !same_text(yaml_anchor(a), yaml_anchor(b)) || !same_text(yaml_tag(a), yaml_tag(b)))
		return false;
	if (a->kind == YAML_SCALAR)
		return same_scalar(c, a, b);
	if (a->style != b->style)
		return false;
	if (a->kind == YAML_MAPPING)
		return same_map(c, a, b);
	return a->kind == YAML_SEQUENCE ? same_list(c, a, b) : same_text(a->value, b->value);
}

/*
 * True if both have the same nodes in the same order and style, except for the scalars in `changes`, which must read
 * as expected, and the nodes of `after` in `added` (values of a mapping, items of a list).
 */
bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after, const struct tree_change *changes,
	       size_t change_count, const struct yaml_node *const *added, size_t added_count)
{
	const struct comparison c = {changes, change_count, added, added_count};

	if (!before->root || !after->root)
		return before->root == after->root;
	return same_node(&c, before->root, after->root);
}

static size_t count_of(const struct yaml_node *map)
{
	return map && map->kind == YAML_MAPPING ? map->count : 0;
}

/* Without any of these keys Compose refuses a service. */
static bool can_run(const struct yaml_node *service)
{
	static const char *const keys[] = {"image", "build", "extends", "provider", "<<"};

	if (service->kind == YAML_ALIAS)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (yaml_get(service, keys[i]))
			return true;
	return false;
}

/* The value of the i-th key in another mapping, where it mostly has the same place. */
static const struct yaml_node *counterpart(const struct yaml_node *other, const struct yaml_node *key, size_t i)
{
	const struct yaml_node *there = other->items[i];

	return there->kind == YAML_SCALAR && there->value_len == key->value_len &&
			       memcmp(there->value, key->value, key->value_len) == 0
		       ? other->items[i + 1]
		       : yaml_get(other, key->value);
}

/* True if `after` has exactly the services of `before`, each can run if it could, and no top-level key was added. */
bool same_services(const struct yaml_doc *before, const struct yaml_doc *after)
{
	const struct yaml_node *was = yaml_get(before->root, "services"), *is = yaml_get(after->root, "services");

	/* Another kind of file, such as LiteLLM's configuration, has no services. */
	if (!was && !is)
		return true;
	if (count_of(before->root) != count_of(after->root) || count_of(was) != count_of(is))
		return false;
	for (size_t i = 0; i + 1 < count_of(was); i += 2) {
		const struct yaml_node *service =
			yaml_is_scalar(was->items[i]) ? counterpart(is, was->items[i], i) : NULL;

		if (yaml_is_scalar(was->items[i]) && (!service || can_run(was->items[i + 1]) > can_run(service)))
			return false;
	}
	return true;
}

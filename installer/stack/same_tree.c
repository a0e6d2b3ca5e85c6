#include "stack/same_tree.h"

#include <string.h>

#include "core/macros.h"

struct comparison {
	const struct tree_change *changes;
	size_t change_count;
	const struct yaml_node *const *added;
	size_t added_count;
};

static const char *expected(const struct comparison *c, const struct yaml_node *n)
{
	for (size_t i = 0; i < c->change_count; i++)
		if (c->changes[i].node == n)
			return c->changes[i].expected;
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
	const char *want = expected(c, a);

	if (want)
		return b->value_len == strlen(want) && memcmp(b->value, want, b->value_len) == 0;
	return a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0;
}

static bool same_node(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b);

/* "deploy:" with nothing behind it becomes a mapping that was added. */
static bool filled_in(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	return a->kind == YAML_SCALAR && a->value_len == 0 && a->style == YAML_PLAIN && is_added(c, b);
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
		if (!here || !(filled_in(c, a->items[i + 1], b->items[k + 1]) ||
			       same_node(c, a->items[i + 1], b->items[k + 1])))
			return false;
		i += 2;
	}
	return i == a->count;
}

/* Depth is bounded by YAML_MAX_DEPTH; aliases are compared by name, never followed. */
static bool same_node(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->style != b->style || !same_text(a->anchor, b->anchor) || !same_text(a->tag, b->tag))
		return false;
	if (a->kind == YAML_MAPPING)
		return same_map(c, a, b);
	if (a->kind == YAML_SEQUENCE)
		return same_list(c, a, b);
	return same_scalar(c, a, b);
}

/*
 * True where both hold the same nodes in the same order and style, but for scalars of `before` that read as they are expected
 * to, and for nodes of `after` (values of a mapping, items of a list) that were added.
 */
bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after, const struct tree_change *changes,
	       size_t change_count, const struct yaml_node *const *added, size_t added_count)
{
	const struct comparison c = {changes, change_count, added, added_count};

	if (!before->root || !after->root)
		return before->root == after->root;
	return same_node(&c, before->root, after->root);
}

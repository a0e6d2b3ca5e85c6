/* SPDX-License-Identifier: MIT */
/* Resolves one file of a project: aliases and merge keys, and variables. */
#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "compose/project_index.h"
#include "compose/project_parts.h"

struct place_in_file {
	struct loading *l;
	const struct project_file *file;
	bool shared;
};

static enum project_mark mark_of(const struct yaml_node *n)
{
	if (!yaml_tag(n))
		return MARK_NONE;
	return STR_EQ(yaml_tag(n), "!reset")	  ? MARK_RESET
	       : STR_EQ(yaml_tag(n), "!override") ? MARK_OVERRIDE
						  : MARK_NONE;
}

static struct yaml_node *resolve(struct place_in_file *at, const struct yaml_node *n);

/* Adds what a merge key brings: keys that the mapping lacks; of several mappings the first one with a key wins. */
static void merge_in(struct place_in_file *at, struct yaml_node *map, const struct yaml_node *from)
{
	struct place_in_file there = {at->l, at->file, true};
	struct yaml_node *seen, *all;
	struct text_index known;
	size_t unused;

	from = from->kind == YAML_ALIAS ? from->target : from;
	for (size_t i = 0; from->kind == YAML_SEQUENCE && i < from->count; i++)
		merge_in(at, map, from->items[i]);
	seen = from->kind == YAML_MAPPING ? resolve(&there, from) : NULL;
	if (!seen)
		return;
	known = index_new(at->l->a, map->count / 2);
	all = project_copy(at->l->a, map, seen->count);
	for (size_t i = 0; i + 1 < map->count; i += 2)
		index_add(&known, map->items[i]->value, i);
	for (size_t i = 0; i + 1 < seen->count; i += 2) {
		if (index_find(&known, seen->items[i]->value, &unused))
			continue;
		all->items[all->count++] = seen->items[i];
		all->items[all->count++] = seen->items[i + 1];
	}
	map->items = all->items;
	map->count = all->count;
}

static bool is_merge_key(const struct yaml_node *key)
{
	return key->kind == YAML_SCALAR && key->style == YAML_PLAIN && STR_EQ(key->value, "<<");
}

static void resolve_mapping(struct place_in_file *at, const struct yaml_node *n, struct yaml_node *out)
{
	out->items = arena_array(at->l->a, n->count + 1, sizeof(*out->items));
	for (size_t i = 0; i + 1 < n->count; i += 2) {
		const struct yaml_node *key = n->items[i];
		struct yaml_node *value;

		key = key->kind == YAML_ALIAS ? key->target : key;
		if (key->kind != YAML_SCALAR || is_merge_key(key))
			continue;
		value = resolve(at, n->items[i + 1]);
		if (!value)
			return;
		out->items[out->count++] = (struct yaml_node *)key;
		out->items[out->count++] = value;
	}
	for (size_t i = 0; i + 1 < n->count; i += 2)
		if (is_merge_key(n->items[i]))
			merge_in(at, out, n->items[i + 1]);
}

/* NULL: more nodes than any sane project has. */
static struct yaml_node *resolve(struct place_in_file *at, const struct yaml_node *n)
{
	struct place_in_file there = {at->l, at->file, true};
	struct project_node *out;

	if (n->kind == YAML_ALIAS)
		return resolve(&there, n->target);
	if (++at->l->nodes > (size_t)4 * YAML_MAX_NODES)
		return NULL;
	out = arena_alloc(at->l->a, sizeof(*out));
	*out = (struct project_node){*n, at->file, n, mark_of(n), at->shared};
	out->yaml.items = NULL;
	out->yaml.count = 0;
	if (n->kind == YAML_SCALAR && !at->l->req->as_written) {
		out->yaml.value = interpolate(at->l->a, &at->l->variables, n->value);
		out->yaml.value_len = (uint32_t)strlen(out->yaml.value);
		/* A variable that leaves nothing leaves an empty text, never a null. */
		if (out->yaml.value != n->value && n->style == YAML_PLAIN)
			out->yaml.style = YAML_DOUBLE;
	} else if (n->kind == YAML_SCALAR) {
		return &out->yaml;
	} else if (n->kind == YAML_MAPPING) {
		resolve_mapping(at, n, &out->yaml);
	} else {
		out->yaml.items = arena_array(at->l->a, n->count + 1, sizeof(*out->yaml.items));
		for (size_t i = 0; i < n->count; i++)
			if ((out->yaml.items[i] = resolve(at, n->items[i])))
				out->yaml.count++;
			else
				break;
	}
	return &out->yaml;
}

/* Fills in f->tree, in normal form; NULL if the file has no content. */
int project_resolve(struct loading *l, struct project_file *f)
{
	struct place_in_file at = {l, f, false};

	if (!f->doc->root)
		return 0;
	f->tree = resolve(&at, f->doc->root);
	if (l->nodes > (size_t)4 * YAML_MAX_NODES) {
		diag_add(l->diags, SEV_ERROR, f->path,
			 _("with its aliases written out the project is more than 400000 values; nothing was written"));
		return -EINVAL;
	}
	project_normalise(l->a, f->tree);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Merges one resolved tree over another as Compose does (compose-spec, "Merge"; tried with 2.26.1 and 1.29.2). */
#include <string.h>

#include "compose/project_index.h"
#include "compose/project_parts.h"

/* How to merge what both have. */
enum rule {
	DEEP,	   /* mappings key by key, lists appended, scalars replaced */
	REPLACE,   /* the later one replaces, whatever it is */
	ENTRIES,   /* mapping of texts: a key without a value replaces a value, too */
	BY_TARGET, /* list of mounts: one for each target */
	SECRETS,   /* list: one for each target */
	CONFIGS,
	LOGGING, /* options go with their driver */
	HEALTHCHECK,
	WITH_ENTRIES, /* as DEEP, but labels and args as ENTRIES */
	SERVICE,
	SERVICES,
	ROOT
};

struct merging {
	struct arena *a;
	bool keeps_marks;
};

struct key_rule {
	const char *key;
	enum rule rule;
};

static const struct key_rule of_service[] = {
	{"command", REPLACE},	  {"entrypoint", REPLACE},  {"environment", ENTRIES}, {"labels", ENTRIES},
	{"annotations", ENTRIES}, {"sysctls", ENTRIES},	    {"volumes", BY_TARGET},   {"devices", BY_TARGET},
	{"secrets", SECRETS},	  {"configs", CONFIGS},	    {"logging", LOGGING},     {"healthcheck", HEALTHCHECK},
	{"build", WITH_ENTRIES},  {"deploy", WITH_ENTRIES},
};
static const struct key_rule of_healthcheck[] = {{"test", REPLACE}};
static const struct key_rule of_entries[] = {{"labels", ENTRIES}, {"args", ENTRIES}};

static enum rule look_up(const struct key_rule *rules, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(rules[i].key, key))
			return rules[i].rule;
	return DEEP;
}

static enum rule rule_below(enum rule rule, const char *key)
{
	switch (rule) {
	case ROOT:
		return STR_EQ(key, "services") ? SERVICES : DEEP;
	case SERVICES:
		return SERVICE;
	case SERVICE:
		return look_up(of_service, ARRAY_SIZE(of_service), key);
	case HEALTHCHECK:
		return look_up(of_healthcheck, ARRAY_SIZE(of_healthcheck), key);
	case WITH_ENTRIES:
		return look_up(of_entries, ARRAY_SIZE(of_entries), key);
	case ENTRIES:
		return REPLACE;
	default:
		return DEEP;
	}
}

static enum project_mark mark(const struct yaml_node *n)
{
	return project_node(n)->mark;
}

static struct yaml_node *merge(const struct merging *m, struct yaml_node *base, struct yaml_node *over, enum rule rule);

/* A tree without its !reset nodes, itself if it has none: nothing earlier is there to reset. NULL: nothing is left. */
static struct yaml_node *bare(const struct merging *m, struct yaml_node *n)
{
	const bool keyed = n->kind == YAML_MAPPING;
	const uint32_t step = keyed ? 2 : 1;
	struct yaml_node *out = n;

	if (m->keeps_marks)
		return n;
	if (mark(n) == MARK_RESET)
		return NULL;
	for (uint32_t i = 0; n->kind != YAML_SCALAR && i + step <= n->count; i += step) {
		struct yaml_node *item = bare(m, n->items[i + step - 1]);

		if (item == n->items[i + step - 1] && out == n)
			continue;
		if (out == n) {
			out = project_copy(m->a, n, 0);
			out->count = i;
		}
		if (item && keyed)
			out->items[out->count++] = n->items[i];
		if (item)
			out->items[out->count++] = item;
	}
	return out;
}

static struct yaml_node *merge_mappings(const struct merging *m, const struct yaml_node *base,
					const struct yaml_node *over, enum rule rule)
{
	struct yaml_node *out = project_copy(m->a, base, over->count);
	struct text_index known = index_new(m->a, (base->count + over->count) / 2);
	size_t at, kept = 0;

	for (size_t i = 0; i + 1 < base->count; i += 2)
		index_add(&known, base->items[i]->value, i);
	for (size_t i = 0; i + 1 < over->count; i += 2) {
		struct yaml_node *key = over->items[i], *mine, *value;

		mine = index_find(&known, key->value, &at) ? out->items[at + 1] : NULL;
		value = merge(m, mine, over->items[i + 1], rule_below(rule, key->value));
		at = mine ? at : out->count;
		out->count += mine ? 0 : 2;
		out->items[at] = mine ? out->items[at] : key;
		out->items[at + 1] = value;
	}
	for (size_t i = 0; i + 1 < out->count; i += 2) {
		if (!out->items[i + 1])
			continue; /* reset by a tag */
		out->items[kept++] = out->items[i];
		out->items[kept++] = out->items[i + 1];
	}
	out->count = (uint32_t)kept;
	return out;
}

/* Target of a mount: "SOURCE:TARGET:MODE", or a mapping. */
static const char *target(struct arena *a, const struct yaml_node *item)
{
	const char *colon;

	if (item->kind != YAML_SCALAR)
		return yaml_text(yaml_get(item, "target"));
	colon = strchr(item->value, ':');
	return colon ? arena_strndup(a, colon + 1, strcspn(colon + 1, ":")) : item->value;
}

/* Target of a secret or config. Without one it is below `usual`; a relative one is compared as written. */
static const char *handed(struct arena *a, const struct yaml_node *item, const char *usual)
{
	const struct yaml_node *key = yaml_get(item, "target");

	if (yaml_is_scalar(key))
		return key->value;
	key = item->kind == YAML_SCALAR ? item : yaml_get(item, "source");
	return yaml_is_scalar(key) ? arena_printf(a, "%s/%s", usual, key->value) : NULL;
}

/* Items of a list with the same identity replace one another; NULL: it equals no other. */
static const char *identity(struct arena *a, const struct yaml_node *item, enum rule rule)
{
	if (rule == BY_TARGET)
		return target(a, item);
	if (rule == SECRETS || rule == CONFIGS)
		return handed(a, item, rule == SECRETS ? "/run/secrets" : "");
	return item->kind == YAML_SCALAR ? item->value : NULL;
}

static struct yaml_node *merge_lists(const struct merging *m, const struct yaml_node *base,
				     const struct yaml_node *over, enum rule rule)
{
	struct yaml_node *out = project_copy(m->a, base, over->count);
	struct text_index known = index_new(m->a, base->count + over->count);

	for (size_t i = 0; i < base->count; i++) {
		const char *mine = identity(m->a, base->items[i], rule);

		if (mine)
			index_add(&known, mine, i);
	}
	for (size_t i = 0; i < over->count; i++) {
		struct yaml_node *item = bare(m, over->items[i]);
		const char *mine = item ? identity(m->a, item, rule) : NULL;
		size_t at = out->count;

		if (!item)
			continue;
		if (!mine || !index_find(&known, mine, &at))
			at = out->count++;
		if (mine)
			index_add(&known, mine, at);
		out->items[at] = item;
	}
	return out;
}

static bool same_driver(const struct yaml_node *base, const struct yaml_node *over)
{
	const struct yaml_node *a = yaml_get(base, "driver"), *b = yaml_get(over, "driver");

	return !yaml_is_scalar(a) || !yaml_is_scalar(b) || STR_EQ(a->value, b->value);
}

/* NULL: nothing is left. Nesting is bounded by YAML_MAX_DEPTH. */
static struct yaml_node *merge(const struct merging *m, struct yaml_node *base, struct yaml_node *over, enum rule rule)
{
	struct yaml_node *out;

	if (!base || mark(over) != MARK_NONE || mark(base) == MARK_RESET)
		return bare(m, over);
	if (rule == REPLACE)
		return bare(m, over);
	if (project_is_null(over))
		return base;
	if (over->kind != base->kind || (rule == LOGGING && !same_driver(base, over)))
		return bare(m, over);
	if (over->kind == YAML_MAPPING)
		out = merge_mappings(m, base, over, rule);
	else if (over->kind == YAML_SEQUENCE)
		out = merge_lists(m, base, over, rule);
	else
		return over;
	((struct project_node *)out)->mark = mark(base);
	return out;
}

struct yaml_node *project_merge(struct arena *a, struct yaml_node *base, struct yaml_node *over)
{
	const struct merging m = {a, false};

	return merge(&m, base, over, ROOT);
}

struct yaml_node *project_merge_service(struct arena *a, struct yaml_node *base, struct yaml_node *over)
{
	const struct merging m = {a, true};

	return merge(&m, base, over, SERVICE);
}

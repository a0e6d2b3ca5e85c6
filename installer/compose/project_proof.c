/* SPDX-License-Identifier: MIT */
#include "compose/project_proof.h"

#include <string.h>

#include "core/strbuf.h"
#include "compose/place.h"
#include "compose/project_parts.h"

struct proof {
	struct arena *a;
	const struct owned_value *owned;
	size_t count;
	const char *found; /* the first path where they differ */
};

/* Appends a command without the values after the word; the variable that stands for one may be empty. */
static void add_masked(const char *text, const char *word, struct strbuf *out)
{
	size_t n = strlen(word);

	for (const char *at; (at = strstr(text, word)); text = at) {
		strbuf_add(out, text, (size_t)(at - text) + n);
		at += n;
		at += strspn(at, " =\t\r\n\"'");
		at += *at == '-' ? 0 : strcspn(at, " \t\r\n\"'[](),;|&");
		at += strspn(at, " \t\r\n");
	}
	strbuf_puts(out, text);
}

static const char *masked(struct arena *a, const struct yaml_node *n, const char *word)
{
	struct strbuf all = STRBUF_INIT, out = STRBUF_INIT;
	const char *text;

	if (n->kind == YAML_SCALAR)
		strbuf_puts(&all, n->value);
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count; i++)
		strbuf_printf(&all, "%s\n", yaml_is_scalar(n->items[i]) ? n->items[i]->value : "");
	add_masked(strbuf_text(&all), word, &out);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&all);
	strbuf_clear(&out);
	return text;
}

static bool is_command_of(const struct owned_value *v, const char *path)
{
	size_t n = strlen(v->path);

	if (v->place == OWNED_WORD)
		return STR_EQ(v->path, path);
	return v->place == OWNED_WORKERS && strncmp(v->path, path, n) == 0 &&
	       (STR_EQ(path + n, "/command") || STR_EQ(path + n, "/entrypoint"));
}

/* May two nodes differ, because an owned value is at their path? */
static bool may_differ(const struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct owned_value *v = &p->owned[i];
		size_t n = strlen(v->path);

		if (v->place == OWNED_SCALAR && STR_EQ(v->path, path))
			return true;
		if (v->place == OWNED_WORKERS && strncmp(v->path, path, n) == 0 &&
		    STR_EQ(path + n, arena_printf(p->a, "/environment/%s", owned_variable(v))))
			return true;
		if (x && y && x->kind == y->kind && is_command_of(v, path) &&
		    STR_EQ(masked(p->a, x, v->word), masked(p->a, y, v->word)))
			return true;
	}
	return false;
}

static bool differ(struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y);

/* Value of the i-th key in the other mapping, where it mostly has the same index. */
static const struct yaml_node *counterpart(const struct yaml_node *other, const struct yaml_node *key, size_t i)
{
	if (!other)
		return NULL;
	return i + 1 < other->count && STR_EQ(other->items[i]->value, key->value) ? other->items[i + 1]
										  : yaml_get(other, key->value);
}

/* An absent mapping counts as empty: then all keys of the other one must be allowed to differ. */
static bool mappings_differ(struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y)
{
	for (size_t i = 0; x && i + 1 < x->count; i += 2) {
		const char *key = x->items[i]->value;

		if (differ(p, arena_printf(p->a, "%s%s%s", path, *path ? "/" : "", key), x->items[i + 1],
			   counterpart(y, x->items[i], i)))
			return true;
	}
	for (size_t i = 0; y && i + 1 < y->count; i += 2) {
		const char *key = y->items[i]->value;

		if (!counterpart(x, y->items[i], i) &&
		    differ(p, arena_printf(p->a, "%s%s%s", path, *path ? "/" : "", key), NULL, y->items[i + 1]))
			return true;
	}
	return false;
}

static bool is_mapping(const struct yaml_node *n)
{
	return n && n->kind == YAML_MAPPING && n->count > 0;
}

static bool lists_differ(struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y)
{
	if (x->count != y->count)
		return true;
	for (size_t i = 0; i < x->count; i++)
		if (differ(p, arena_printf(p->a, "%s/%zu", path, i), x->items[i], y->items[i]))
			return true;
	return false;
}

static bool nodes_differ(struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y)
{
	if ((is_mapping(x) || project_is_null(x)) && (is_mapping(y) || project_is_null(y)))
		return (is_mapping(x) || is_mapping(y)) &&
		       mappings_differ(p, path, is_mapping(x) ? x : NULL, is_mapping(y) ? y : NULL);
	if (!x || !y || x->kind != y->kind)
		return true;
	if (x->kind == YAML_SEQUENCE)
		return lists_differ(p, path, x, y);
	return x->kind == YAML_SCALAR && !STR_EQ(x->value, y->value);
}

static bool differ(struct proof *p, const char *path, const struct yaml_node *x, const struct yaml_node *y)
{
	if (may_differ(p, path, x, y) || !nodes_differ(p, path, x, y))
		return false;
	p->found = p->found ? p->found : path;
	return true;
}

/* Path of a difference between two projects, owned values aside; NULL: none. Nesting is bounded by YAML_MAX_DEPTH. */
const char *project_difference(struct arena *a, const struct project *before, const struct project *after,
			       const struct owned_value *owned, size_t owned_count)
{
	struct proof p = {a, owned, owned_count, NULL};

	return differ(&p, "", before->doc->root, after->doc->root) ? p.found : NULL;
}

/* SPDX-License-Identifier: MIT */
#include "answers/nodes.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "files/files.h"
#include "yaml/tree.h"

#define LEAST_MIB 64
#define MAX_LABEL 128

struct reading {
	struct arena *a;
	struct diag_list *diags;
	const struct yaml_doc *doc;
};

static int bad(const struct reading *r, const struct yaml_node *node, const char *key, const char *expected)
{
	yaml_diag(r->diags, SEV_ERROR, r->doc, node, _("'%s' wants %s"), key, _(expected));
	return -EINVAL;
}

/* The text of a scalar without NUL bytes, else NULL. */
static const char *text_of(const struct yaml_node *node)
{
	return yaml_is_scalar(node) && strlen(node->value) == node->value_len ? node->value : NULL;
}

static int read_mib(const struct reading *r, const char *key, const struct yaml_node *node, int64_t least, int64_t *ret)
{
	const char *text = text_of(node);

	if (text && parse_size_mib(text, true, ret) && *ret >= least)
		return 0;
	return bad(r, node, key,
		   least > 0 ? N_("a size of at least 64M such as 4G or 4096") : N_("a size such as 480 or 1.2G"));
}

static int read_cpus(const struct reading *r, const struct yaml_node *node, int64_t *ret)
{
	const char *text = text_of(node);
	uint64_t n;

	if (!text || !parse_uint(text, MAX_NODE_CPUS, &n) || n == 0)
		return bad(r, node, "cpus", N_("a number of cores from 1 to 8192"));
	*ret = (int64_t)n;
	return 0;
}

static bool is_label(const char *key, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/";

	return key && value && key[0] && strlen(key) <= MAX_LABEL && strspn(key, letters) == strlen(key) &&
	       strlen(value) <= MAX_LABEL && text_is_plain(value);
}

static int read_labels(const struct reading *r, const struct yaml_node *map, struct node *n)
{
	static const char expected[] = N_("a mapping of at most 16 labels: letters, digits and - . _ / to a text");

	if (map->kind != YAML_MAPPING || map->count / 2 > MAX_NODE_LABELS)
		return bad(r, map, "labels", expected);
	for (size_t i = 0; i + 1 < map->count; i += 2) {
		const char *key = text_of(map->items[i]), *value = text_of(map->items[i + 1]);

		if (!is_label(key, value))
			return bad(r, map->items[i], "labels", expected);
		n->labels[n->label_count++] = (struct node_label){key, value};
	}
	return 0;
}

static int read_name(const struct reading *r, const struct yaml_node *node, struct node *n)
{
	n->name = text_of(node);
	return n->name && node_name_is_valid(n->name)
		       ? 0
		       : bad(r, node, "name", N_("a host's name: letters, digits and - . _, at most 64"));
}

static int read_key(const struct reading *r, const struct yaml_node *key, const struct yaml_node *value, struct node *n)
{
	static const char *const keys[] = {"name", "ram", "usable", "cpus", "system", "labels"};
	const char *text = text_of(key), *meant;
	struct diag *d;

	if (text && STR_EQ(text, "name"))
		return read_name(r, value, n);
	if (text && STR_EQ(text, "ram"))
		return read_mib(r, text, value, LEAST_MIB, &n->ram_mib);
	if (text && STR_EQ(text, "usable"))
		return read_mib(r, text, value, LEAST_MIB, &n->usable_mib);
	if (text && STR_EQ(text, "system"))
		return read_mib(r, text, value, 0, &n->system_mib);
	if (text && STR_EQ(text, "cpus"))
		return read_cpus(r, value, &n->cpus);
	if (text && STR_EQ(text, "labels"))
		return read_labels(r, value, n);
	meant = text ? text_nearest(text, keys, ARRAY_SIZE(keys)) : NULL;
	d = yaml_diag(r->diags, SEV_ERROR, r->doc, key, _("this is not a key of a node"));
	d->hint = meant ? arena_printf(r->a, _("did you mean '%s'?"), meant)
			: _("the keys are name, ram, cpus, and where they are known usable, system and labels");
	return -EINVAL;
}

static int check(const struct reading *r, const struct yaml_node *at, const struct node_set *set, struct node *n)
{
	const char *missing = !n->name ? "name" : n->ram_mib == 0 ? "ram" : n->cpus == 0 ? "cpus" : NULL;

	if (missing)
		yaml_diag(r->diags, SEV_ERROR, r->doc, at, _("this node has no '%s'"), missing);
	else if (node_find(set, n->name) < MAX_NODES)
		yaml_diag(r->diags, SEV_ERROR, r->doc, at, _("there is a node '%s' already"), n->name);
	else if (n->usable_mib > n->ram_mib)
		yaml_diag(r->diags, SEV_ERROR, r->doc, at, _("node '%s' cannot use more than its RAM"), n->name);
	else
		return 0;
	return -EINVAL;
}

static int read_node(const struct reading *r, const struct yaml_node *map, struct node_set *set)
{
	struct node n = {.system_mib = -1}, usual;
	int rc = 0;

	if (map->kind != YAML_MAPPING) {
		yaml_diag(r->diags, SEV_ERROR, r->doc, map, _("a node must be a mapping with name, ram and cpus"));
		return -EINVAL;
	}
	if (set->count == MAX_NODES) {
		yaml_diag(r->diags, SEV_ERROR, r->doc, map, _("there are more than %d nodes"), MAX_NODES);
		return -EINVAL;
	}
	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (read_key(r, map->items[i], map->items[i + 1], &n) < 0)
			rc = -EINVAL;
	if (rc == 0)
		rc = check(r, map, set, &n);
	if (rc < 0)
		return rc;
	usual = node_of(n.name, n.ram_mib, n.cpus);
	if (n.usable_mib == 0)
		n.usable_mib = usual.usable_mib;
	set->items[set->count++] = n;
	return 0;
}

static int read_all(const struct reading *r, struct node_set *set)
{
	const struct yaml_node *root = r->doc->root, *list = root ? yaml_get(root, "nodes") : NULL;
	int rc = 0;

	if (!list || list->kind != YAML_SEQUENCE || list->count == 0 || root->count != 2) {
		struct diag *d = root ? yaml_diag(r->diags, SEV_ERROR, r->doc, root, _("this is not a list of nodes"))
				      : diag_add(r->diags, SEV_ERROR, r->doc->name, _("the file is empty"));

		d->hint = _("it begins with 'nodes:', and below it is one '- {name: a, ram: 4G, cpus: 2}' for each");
		return -EINVAL;
	}
	for (size_t i = 0; i < list->count; i++)
		if (read_node(r, list->items[i], set) < 0)
			rc = -EINVAL;
	return rc;
}

/* Reads a file of nodes. Returns 0, or -EINVAL with every error in diags, by file and line. */
int nodes_load(struct arena *a, const char *path, struct diag_list *diags, struct node_set *ret)
{
	struct yaml_doc *doc;
	char *text;
	size_t len;
	int rc = file_read(a, path, &text, &len, NULL);

	*ret = (struct node_set){.count = 0};
	if (rc < 0) {
		diag_add(diags, SEV_ERROR, path, _("the nodes cannot be read: %s; nothing was done"), file_read_why(rc))
			->hint = _("--nodes names a file that begins with 'nodes:'; --node NAME=RAM,CPUS needs none");
		return -EINVAL;
	}
	if (yaml_parse(a, path, text, len, diags, &doc) < 0)
		return -EINVAL;
	return read_all(&(struct reading){a, diags, doc}, ret);
}

static bool parse_label(struct arena *a, const char *text, size_t len, struct node *n)
{
	const char *equals = memchr(text, '=', len);
	struct node_label label;

	if (!equals || n->label_count == MAX_NODE_LABELS)
		return false;
	label.key = arena_strndup(a, text, (size_t)(equals - text));
	label.value = arena_strndup(a, equals + 1, len - (size_t)(equals - text) - 1);
	n->labels[n->label_count++] = label;
	return is_label(label.key, label.value);
}

/* NAME=RAM,CPUS and labels KEY=VALUE behind further commas. */
static bool parse_node(struct arena *a, const char *text, size_t len, struct node_set *set)
{
	const char *end = text + len, *equals = memchr(text, '=', len), *comma, *next;
	const char *name, *ram, *cpus;
	int64_t mib;
	uint64_t n;

	if (!equals || set->count == MAX_NODES)
		return false;
	comma = memchr(equals, ',', (size_t)(end - equals));
	if (!comma)
		return false;
	next = memchr(comma + 1, ',', (size_t)(end - comma - 1));
	name = arena_strndup(a, text, (size_t)(equals - text));
	ram = arena_strndup(a, equals + 1, (size_t)(comma - equals - 1));
	cpus = arena_strndup(a, comma + 1, (size_t)((next ? next : end) - comma - 1));
	if (!node_name_is_valid(name) || node_find(set, name) < MAX_NODES || !parse_size_mib(ram, true, &mib) ||
	    mib < LEAST_MIB || !parse_uint(cpus, MAX_NODE_CPUS, &n) || n == 0)
		return false;
	set->items[set->count] = node_of(name, mib, (int64_t)n);
	for (const char *at = next; at; at = next) {
		next = memchr(at + 1, ',', (size_t)(end - at - 1));
		if (!parse_label(a, at + 1, (size_t)((next ? next : end) - at - 1), &set->items[set->count]))
			return false;
	}
	set->count++;
	return true;
}

/* Nodes with NODE_SEPARATOR between them. False, and *ret is undefined, if one is not valid or there twice. */
bool nodes_parse(struct arena *a, const char *text, struct node_set *ret)
{
	*ret = (struct node_set){.count = 0};
	for (size_t n; *text; text += n + (text[n] == NODE_SEPARATOR)) {
		n = strcspn(text, (const char[]){NODE_SEPARATOR, '\0'});
		if (!parse_node(a, text, n, ret) || (text[n] && !text[n + 1]))
			return false;
	}
	return ret->count > 0;
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "yaml/source.h"
#include "yaml/tree.h"

static struct yaml_node *get(const struct yaml_node *map, const char *key, size_t len)
{
	if (!map || map->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i + 1 < map->count; i += 2) {
		const struct yaml_node *k = map->items[i];

		if (k->kind == YAML_SCALAR && k->value_len == len && memcmp(k->value, key, len) == 0)
			return map->items[i + 1];
	}
	return NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	return get(map, key, strlen(key));
}

struct yaml_node *yaml_path(const struct yaml_node *root, const char *path)
{
	const struct yaml_node *at = root;
	struct yaml_node *found = NULL;

	do {
		size_t n = strcspn(path, "/");

		found = get(at, path, n);
		at = found;
		path += n + (path[n] == '/');
	} while (at && *path);
	return found;
}

const char *yaml_anchor(const struct yaml_node *n)
{
	return n->properties ? n->properties->anchor : NULL;
}

const char *yaml_tag(const struct yaml_node *n)
{
	return n->properties ? n->properties->tag : NULL;
}

bool yaml_is_scalar(const struct yaml_node *n)
{
	return n && n->kind == YAML_SCALAR;
}

const char *yaml_text(const struct yaml_node *n)
{
	return yaml_is_scalar(n) ? n->value : NULL;
}

struct diag *yaml_diag(struct diag_list *l, enum severity sev, const struct yaml_doc *doc, const struct yaml_node *n,
		       const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	return source_diag(l, sev, doc, n ? n->start : 0, text);
}

/*
 * Only what no reader of YAML 1.1 or 1.2 takes for anything but a string: a letter first, then letters, digits and a
 * few marks; and none of the words that mean a boolean, null or a number.
 */
bool yaml_plain_safe(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"};

	if (!text[0] || !strchr(letters, text[0]) || strspn(text, more) != strlen(text))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	return true;
}

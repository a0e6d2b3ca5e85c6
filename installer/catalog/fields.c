/* SPDX-License-Identifier: MIT */
#include "catalog/fields.h"

#include <errno.h>
#include <string.h>

#include "core/discreet.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"

#define MAX_FIELDS 32

/* Adds an error at node. Returns -EINVAL, so that a reader can end with it. */
int field_error(const struct fields_reader *r, const struct yaml_node *node, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	yaml_diag(r->diags, SEV_ERROR, r->doc, node, "%s", text);
	return -EINVAL;
}

int field_mib(const struct fields_reader *r, const struct yaml_node *node, int64_t *ret)
{
	if (!yaml_is_scalar(node) || !parse_size_mib(node->value, true, ret))
		return field_error(r, node, _("a size in MiB is expected here, such as 460 or 1.5G"));
	return 0;
}

static int read_count(const struct fields_reader *r, const struct yaml_node *node, int64_t *ret)
{
	uint64_t n;

	if (!yaml_is_scalar(node) || !parse_uint(node->value, 1000000, &n))
		return field_error(r, node, _("a whole number is expected here"));
	*ret = (int64_t)n;
	return 0;
}

static int read_text(const struct fields_reader *r, const struct yaml_node *node, const char **ret)
{
	if (!yaml_is_scalar(node) || node->value_len == 0)
		return field_error(r, node, _("a text is expected here"));
	*ret = node->value;
	return 0;
}

/* Restricted, because names go into comments in files and onto command lines. */
int field_name(const struct fields_reader *r, const struct yaml_node *node, const char **ret)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	if (!yaml_is_scalar(node) || node->value_len == 0 || node->value_len > 64 ||
	    strspn(node->value, allowed) != node->value_len)
		return field_error(r, node, _("a name of letters, digits, '.', '_' and '-' is expected here"));
	*ret = node->value;
	return 0;
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static int read_word(const struct fields_reader *r, const struct yaml_node *node, const struct field *f, int *ret)
{
	struct strbuf list = STRBUF_INIT;
	struct diag *d;

	for (int i = 0; yaml_is_scalar(node) && f->words[i]; i++) {
		if (!STR_EQ(f->words[i], node->value))
			continue;
		*ret = i;
		return 0;
	}
	for (int i = 0; f->words[i]; i++)
		strbuf_printf(&list, "%s%s", i ? ", " : _("one of: "), f->words[i]);
	d = yaml_diag(r->diags, SEV_ERROR, r->doc, node, _("this is not a value for '%s'"), f->key);
	d->hint = arena_strdup(r->arena, strbuf_text(&list));
	if (yaml_is_scalar(node)) {
		const char *meant = text_nearest(node->value, f->words, count_words(f->words));

		if (meant)
			d->hint = arena_printf(r->arena, _("did you mean '%s'?"), meant);
	}
	strbuf_clear(&list);
	return -EINVAL;
}

static int read_field(const struct fields_reader *r, const struct yaml_node *node, const struct field *f, void *object)
{
	void *slot = (char *)object + f->offset;

	if (node->kind == YAML_ALIAS)
		return field_error(r, node, _("aliases are not allowed here: write the value itself"));
	switch (f->type) {
	case FIELD_TEXT:
		return read_text(r, node, slot);
	case FIELD_NAME:
		return field_name(r, node, slot);
	case FIELD_COUNT:
		return read_count(r, node, slot);
	case FIELD_MIB:
		return field_mib(r, node, slot);
	case FIELD_WORD:
		return read_word(r, node, f, slot);
	case FIELD_CUSTOM:
		return f->read(r, node, object);
	}
	return -EINVAL;
}

static int unknown_key(const struct fields_reader *r, const struct yaml_node *key, const char *what,
		       const struct field *fields, size_t count)
{
	const char *names[MAX_FIELDS];
	const char *meant;
	struct diag *d;

	for (size_t i = 0; i < count && i < MAX_FIELDS; i++)
		names[i] = fields[i].key;
	d = yaml_diag(r->diags, SEV_ERROR, r->doc, key, _("unknown key '%s' in %s"),
		      yaml_is_scalar(key) && discreet_is_name(key->value, key->value_len) ? key->value : "?", what);
	meant = yaml_is_scalar(key) ? text_nearest(key->value, names, count) : NULL;
	if (meant)
		d->hint = arena_printf(r->arena, _("did you mean '%s'?"), meant);
	return -EINVAL;
}

static const struct field *field_find(const struct field *fields, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(fields[i].key, key))
			return &fields[i];
	return NULL;
}

/*
 * Reads the mapping `map` into object, key by key. Every key must be in the table, every required key in the mapping.
 * Reports all errors, not just the first. Texts are borrowed from the document. Returns 0 or -EINVAL.
 */
int fields_read(const struct fields_reader *r, const struct yaml_node *map, const char *what,
		const struct field *fields, size_t count, void *object)
{
	int result = 0;

	if (map->kind != YAML_MAPPING)
		return field_error(r, map, _("%s must be a mapping of keys to values"), what);
	for (size_t i = 0; i + 1 < map->count; i += 2) {
		const struct yaml_node *key = map->items[i];
		const struct field *f = yaml_is_scalar(key) ? field_find(fields, count, key->value) : NULL;

		if (!f)
			result = unknown_key(r, key, what, fields, count);
		else if (read_field(r, map->items[i + 1], f, object) < 0)
			result = -EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !yaml_get(map, fields[i].key))
			result = field_error(r, map, _("the key '%s' is missing in %s"), fields[i].key, what);
	return result;
}

/* Reads a list of mappings into an arena array. Returns 0, or -EINVAL with errors in diags. */
int fields_read_list(const struct fields_reader *r, const struct yaml_node *node, const struct list_of *of,
		     const void **ret, size_t *ret_count)
{
	char *items;

	if (node->kind != YAML_SEQUENCE || node->count > of->most)
		return field_error(r, node, _("a list of at most %d mappings is expected here"), (int)of->most);
	items = arena_alloc(r->arena, node->count * of->size);
	memset(items, 0, node->count * of->size);
	for (size_t i = 0; i < node->count; i++)
		if (fields_read(r, node->items[i], of->what, of->fields, of->field_count, items + i * of->size) < 0)
			return -EINVAL;
	*ret = items;
	*ret_count = node->count;
	return 0;
}

int field_texts(const struct fields_reader *r, const struct yaml_node *node, size_t most, const char **ret,
		size_t *ret_count)
{
	if (node->kind != YAML_SEQUENCE || node->count > most)
		return field_error(r, node, _("a list of at most %d texts is expected here"), (int)most);
	for (size_t i = 0; i < node->count; i++)
		if (read_text(r, node->items[i], &ret[i]) < 0)
			return -EINVAL;
	*ret_count = node->count;
	return 0;
}

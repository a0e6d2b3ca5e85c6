/* SPDX-License-Identifier: MIT */
#include "compose/variables.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/* Does the text start with this name, as a whole word? */
static bool begins_with(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && (text[n] == '\0' || !strchr(letters, text[n]));
}

/*
 * Parses a text that is just one variable: "${NAME}", "${NAME:-default}", "${NAME-default}", "${NAME:?message}" or
 * "$NAME". False for anything else, also for a default with variables in it.
 */
bool variable_parse(struct arena *a, const char *text, struct variable *ret)
{
	bool braces = text[0] == '$' && text[1] == '{';
	const char *name = text + (braces ? 2 : 1);
	size_t n = text[0] == '$' ? strspn(name, letters) : 0, rest;

	if (n == 0 || (name[0] >= '0' && name[0] <= '9'))
		return false;
	*ret = (struct variable){.name = arena_strndup(a, name, n)};
	if (!braces)
		return name[n] == '\0';
	name += n;
	rest = strlen(name);
	if (rest == 0 || name[rest - 1] != '}' || memchr(name, '$', rest) || memchr(name, '{', rest))
		return false;
	name += *name == ':';
	if (*name == '-')
		ret->fallback = arena_strndup(a, name + 1, strlen(name) - 2);
	return *name == '-' || *name == '?' || *name == '}';
}

/* Number of references to the variable in a text, also within defaults of others. "$$" is none. */
static size_t references(const char *text, const char *name)
{
	size_t count = 0;

	while ((text = strchr(text, '$'))) {
		text++;
		if (*text == '$')
			text++;
		else
			count += begins_with(text + (*text == '{'), name);
	}
	return count;
}

/* Is it a YAML 1.2 null, in any spelling? */
bool variable_is_null(const struct yaml_node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (n->kind != YAML_SCALAR || n->style != YAML_PLAIN || yaml_anchor(n) || yaml_tag(n))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (STR_EQ(n->value, words[i]))
			return true;
	return false;
}

static size_t uses(const struct yaml_node *n, const char *name)
{
	size_t count = 0;

	if (n->kind == YAML_SCALAR)
		return references(n->value, name) + STR_EQ(n->value, name);
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count; i++)
		count += uses(n->items[i], name);
	for (size_t i = 0; n->kind == YAML_MAPPING && i + 1 < n->count; i += 2) {
		const struct yaml_node *key = n->items[i];

		if (key->kind == YAML_SCALAR)
			count += references(key->value, name) +
				 (STR_EQ(key->value, name) && variable_is_null(n->items[i + 1]));
		count += uses(n->items[i + 1], name);
	}
	return count;
}

/*
 * Number of places in a compose file that read the variable: by interpolation, or passed through by name ("- NAME" in
 * a list, "NAME:" without a value, the environment of a secret). Counts lookalikes too: one too many does no harm.
 */
size_t variable_uses(const struct yaml_doc *doc, const char *name)
{
	return doc->root ? uses(doc->root, name) : 0;
}

static const char *plain_name(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2 + strspn(name + 2, "/");
	return name;
}

static size_t names_file(const struct yaml_node *n, const char *file)
{
	size_t count = 0;

	if (n->kind == YAML_ALIAS)
		n = n->target;
	if (n->kind == YAML_SCALAR)
		/* A path with a variable may be any file. */
		return strchr(n->value, '$') || STR_EQ(plain_name(n->value), plain_name(file));
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count; i++)
		count += names_file(n->items[i], file);
	if (n->kind == YAML_MAPPING && yaml_get(n, "path"))
		count += names_file(yaml_get(n, "path"), file);
	return count;
}

static size_t file_uses(const struct yaml_node *n, const char *file)
{
	size_t count = 0;

	for (size_t i = 0; n->kind == YAML_MAPPING && i + 1 < n->count; i += 2) {
		const struct yaml_node *value = n->items[i + 1];

		if (n->items[i]->kind == YAML_SCALAR && STR_EQ(n->items[i]->value, "env_file"))
			count += names_file(value, file);
		/* An anchor's contents may be used by more than one service. */
		count += file_uses(value, file) * (yaml_anchor(value) ? 2 : 1);
	}
	return count;
}

/* Number of services that use this env file, or a larger one where that cannot be told. */
size_t variable_file_uses(const struct yaml_doc *doc, const char *file)
{
	return doc->root ? file_uses(doc->root, file) : 0;
}

/* Does a line of an env file refer to the variable, or pass it through by name? */
bool variable_in_env(const char *text, const char *name)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " \t\r");
		size_t len = strcspn(at, "\r\n");
		const char *end = at + len;

		if (len == 0 || *at == '#')
			continue;
		for (const char *d = at; d < end && (d = memchr(d, '$', (size_t)(end - d))); d++)
			if (begins_with(d + 1 + (d[1] == '{'), name))
				return true;
		if (begins_with(at, name) && strspn(at + strlen(name), " \t") + strlen(name) == len)
			return true;
	}
	return false;
}

/* Is the name anywhere in a text, comment lines aside? For files that are only known to belong to the project. */
bool variable_in_text(const char *text, const char *name)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " \t\r"), *end = line + strcspn(line, "\n");

		if (*at == '#')
			continue;
		for (; at < end; at++)
			if (begins_with(at, name) && (at == line || !strchr(letters, at[-1])))
				return true;
	}
	return false;
}

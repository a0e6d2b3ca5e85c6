/* SPDX-License-Identifier: MIT */
/* `extends`: merges a service over one of the same file or another. Compose does so per file, before merging files. */
#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "compose/project_parts.h"

#define MAX_CHAIN 32

/* Makes a relative path (of len bytes) from another directory's file absolute; what is no path stays. */
static struct yaml_node *moved_path(struct loading *l, struct yaml_node *text, const char *dir, size_t len)
{
	struct project_node *n;

	if (text->value[0] == '/' || text->value[0] == '~' || strstr(text->value, "://"))
		return text;
	n = project_new_node(l->a, project_node(text), YAML_SCALAR);
	n->yaml.value = arena_printf(l->a, "%s%s", project_path(l->a, dir, arena_strndup(l->a, text->value, len)),
				     text->value + len);
	n->yaml.value_len = (uint32_t)strlen(n->yaml.value);
	return &n->yaml;
}

/* The path is n itself, or `key` of a mapping. */
static struct yaml_node *moved_below(struct loading *l, struct yaml_node *n, const char *key, const char *dir)
{
	struct yaml_node *path = n->kind == YAML_MAPPING ? yaml_get(n, key) : n;

	if (!yaml_is_scalar(path) || project_is_null(path))
		return n;
	if (path == n)
		return moved_path(l, n, dir, n->value_len);
	n = project_copy(l->a, n, 0);
	for (size_t i = 0; i + 1 < n->count; i += 2)
		if (n->items[i + 1] == path)
			n->items[i + 1] = moved_path(l, path, dir, path->value_len);
	return n;
}

static struct yaml_node *moved_mount(struct loading *l, struct yaml_node *mount, const char *dir)
{
	const char *type = yaml_text(yaml_get(mount, "type"));

	if (mount->kind == YAML_SCALAR)
		return mount->value[0] == '.' && strchr(mount->value, ':')
			       ? moved_path(l, mount, dir, strcspn(mount->value, ":"))
			       : mount;
	return type && STR_EQ(type, "bind") ? moved_below(l, mount, "source", dir) : mount;
}

static struct yaml_node *moved_value(struct loading *l, const char *key, struct yaml_node *value, const char *dir)
{
	bool files = STR_EQ(key, "env_file"), mounts = STR_EQ(key, "volumes");
	struct yaml_node *out;

	if (STR_EQ(key, "build"))
		return moved_below(l, value, "context", dir);
	if (!(files || mounts) || value->kind != YAML_SEQUENCE)
		return value;
	out = project_copy(l->a, value, 0);
	for (size_t i = 0; i < out->count; i++)
		out->items[i] = files ? moved_below(l, out->items[i], "path", dir) : moved_mount(l, out->items[i], dir);
	return out;
}

/* Relative paths count from the directory of their file. */
static struct yaml_node *moved(struct loading *l, const struct project_file *to, const struct project_file *from,
			       struct yaml_node *service)
{
	const char *dir = project_dir_of(l->a, from->path);
	struct yaml_node *out;

	if (STR_EQ(dir, project_dir_of(l->a, to->path)) || service->kind != YAML_MAPPING)
		return service;
	out = project_copy(l->a, service, 0);
	for (size_t i = 0; i + 1 < out->count; i += 2)
		out->items[i + 1] = moved_value(l, out->items[i]->value, out->items[i + 1], dir);
	return out;
}

static struct project_file *known_file(struct loading *l, const char *path)
{
	for (size_t i = 0; i < l->p->extended_count; i++)
		if (STR_EQ(l->p->extended[i].path, path))
			return &l->p->extended[i];
	return NULL;
}

/* Loads the file that `extends` names. 1: it cannot be read, its values are unknown. */
static int other_file(struct loading *l, const struct project_file *from, const char *name, struct project_file **ret)
{
	const char *path = project_path(l->a, project_dir_of(l->a, from->path), name);
	struct project_file *f = known_file(l, path);
	size_t said = l->diags->count;
	int rc;

	*ret = f;
	if (f)
		return 0;
	if (l->p->extended_count == PROJECT_MAX_EXTENDED) {
		l->p->partial = true;
		return 1;
	}
	f = &l->p->extended[l->p->extended_count];
	rc = project_read(l, path, f);
	if (rc < 0 && l->diags->count == said) {
		diag_note(l->diags, "file-unknown", SEV_WARNING, path,
			  _("cannot be read: %s; what %s extends from it is not known"),
			  project_why(l, rc, &(const char *){NULL}), from->path);
		l->p->partial = true;
		return 1;
	}
	if (rc < 0)
		return rc;
	l->p->extended_count++;
	*ret = f;
	return project_resolve(l, f);
}

static int refuse(struct loading *l, const struct project_file *f, const struct yaml_node *at, const char *text)
{
	yaml_diag(l->diags, SEV_ERROR, f->doc, project_node(at)->from, "%s", text);
	return -EINVAL;
}

static int extend_service(struct loading *l, struct project_file *f, struct yaml_node *services, size_t at, int depth);

/* Finds the base service, after resolving its own `extends`. *ret NULL: unknown. */
static int find_base(struct loading *l, struct project_file *f, const struct yaml_node *extends, int depth,
		     struct yaml_node **ret)
{
	const char *name = yaml_text(extends->kind == YAML_MAPPING ? yaml_get(extends, "service") : extends);
	const char *file = yaml_text(yaml_get(extends, "file"));
	struct project_file *there = f;
	struct yaml_node *services;
	int rc = file ? other_file(l, f, file, &there) : 0;

	*ret = NULL;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	services = there->tree ? yaml_get(there->tree, "services") : NULL;
	for (size_t i = 0; name && services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		if (!STR_EQ(services->items[i]->value, name))
			continue;
		rc = extend_service(l, there, services, i, depth + 1);
		*ret = moved(l, f, there, services->items[i + 1]);
		return rc;
	}
	return refuse(l, f, extends, arena_printf(l->a, _("there is no service '%s' to extend"), name ? name : ""));
}

/* Merges services->items[at + 1] over its base and removes its `extends`. */
static int extend_service(struct loading *l, struct project_file *f, struct yaml_node *services, size_t at, int depth)
{
	struct yaml_node *service = services->items[at + 1], *extends = yaml_get(service, "extends"), *base;
	int rc;

	if (!extends || project_is_null(extends))
		return 0;
	if (depth > MAX_CHAIN)
		return refuse(
			l, f, extends,
			arena_printf(l->a, _("'%s' extends itself, or too many others"), services->items[at]->value));
	rc = find_base(l, f, extends, depth, &base);
	if (rc < 0)
		return rc;
	service = project_copy(l->a, service, 0);
	for (size_t i = 0; i + 1 < service->count; i += 2)
		if (STR_EQ(service->items[i]->value, "extends")) {
			project_set(l->a, service, service->items[i], NULL);
			break;
		}
	services->items[at + 1] = base ? project_merge_service(l->a, base, service) : service;
	return 0;
}

int project_extend(struct loading *l, struct project_file *f)
{
	struct yaml_node *services = f->tree ? yaml_get(f->tree, "services") : NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2)
		rc = extend_service(l, f, services, i, 0);
	return rc;
}

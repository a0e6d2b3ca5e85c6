/* SPDX-License-Identifier: MIT */
#include "compose/project.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "compose/env.h"
#include "compose/project_parts.h"

/* The caller's environment overrides .env of the directory, which overrides .env of the first file's directory. */
static const char *look_up(void *context, const char *name)
{
	const struct loading *l = context;
	const char *value = l->req->environment ? l->req->environment(l->req->context, name) : NULL;

	for (size_t i = 0; !value && i < l->env_count; i++)
		value = env_pair_get(l->a, &l->envs[i], name);
	return value;
}

/* Compose allows lower-case letters, digits, '_' and '-', but no mark at the start. */
static const char *clean_name(struct arena *a, const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	struct strbuf out = STRBUF_INIT;
	const char *result;

	for (; *name; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (strchr(good, c) && !(out.len == 0 && (c == '_' || c == '-')))
			strbuf_putc(&out, c);
	}
	result = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

/* As Compose: COMPOSE_PROJECT_NAME, else `name:`, else the first file's directory. */
static const char *project_name(struct loading *l)
{
	const struct project *p = l->p;
	const char *said = look_up(l, "COMPOSE_PROJECT_NAME"), *dir, *slash;
	const struct yaml_node *name = p->doc->root ? yaml_get(p->doc->root, "name") : NULL;

	if (said && said[0])
		return clean_name(l->a, said);
	if (yaml_is_scalar(name) && name->value[0])
		return name->value;
	dir = p->file_count > 0 ? project_dir_of(l->a, p->files[0].path) : p->dir;
	slash = strrchr(dir, '/');
	return clean_name(l->a, slash ? slash + 1 : dir);
}

/* Is the word in the comma-separated list? "*" matches all. */
static bool is_listed(const char *list, const char *word)
{
	for (size_t n; *list; list += n + (list[n] == ',')) {
		list += strspn(list, " ");
		n = strcspn(list, ",");
		if ((n == 1 && list[0] == '*') || (n == strlen(word) && strncmp(list, word, n) == 0))
			return true;
	}
	return false;
}

static bool is_active(const struct yaml_node *service, const char *on)
{
	const struct yaml_node *profiles = yaml_get(service, "profiles");

	if (!profiles || profiles->kind != YAML_SEQUENCE || profiles->count == 0)
		return true;
	for (size_t i = 0; on && i < profiles->count; i++)
		if (yaml_is_scalar(profiles->items[i]) && is_listed(on, profiles->items[i]->value))
			return true;
	return false;
}

static void list_services(struct loading *l)
{
	struct project *p = l->p;
	const struct yaml_node *services = p->doc->root ? yaml_get(p->doc->root, "services") : NULL;
	const char *on = look_up(l, "COMPOSE_PROFILES");
	size_t known;

	if (!services || services->kind != YAML_MAPPING)
		return;
	p->services = arena_array(l->a, services->count / 2 + 1, sizeof(*p->services));
	p->by_name = index_new(l->a, services->count / 2);
	for (size_t i = 0; i + 1 < services->count; i += 2) {
		if (!index_find(&p->by_name, services->items[i]->value, &known))
			index_add(&p->by_name, services->items[i]->value, p->service_count);
		p->services[p->service_count++] =
			(struct project_service){.name = services->items[i]->value,
						 .node = services->items[i + 1],
						 .active = is_active(services->items[i + 1], on)};
	}
	p->indexed = p->service_count;
}

/* The merged tree's root and services may get more (project_take.c), and the file's must not. */
static struct yaml_node *own_top(struct arena *a, const struct yaml_node *tree)
{
	struct yaml_node *root = project_copy(a, tree, 0);

	for (size_t i = 0; root->kind == YAML_MAPPING && i + 1 < root->count; i += 2)
		if (STR_EQ(root->items[i]->value, "services") && root->items[i + 1]->kind == YAML_MAPPING)
			root->items[i + 1] = project_copy(a, root->items[i + 1], 0);
	return root;
}

static int merge_files(struct loading *l, struct yaml_doc *doc)
{
	struct project *p = l->p;

	for (size_t i = 0; i < p->file_count; i++) {
		struct project_file *f = &p->files[i];
		int rc = project_resolve(l, f);

		if (rc == 0)
			rc = project_extend(l, f);
		if (rc < 0)
			return rc;
		if (!f->tree)
			continue;
		p->included |= yaml_get(f->tree, "include") != NULL;
		doc->root = project_merge(l->a, doc->root, f->tree);
		if (doc->root == f->tree)
			doc->root = own_top(l->a, f->tree);
	}
	return 0;
}

/*
 * Loads the project. Returns 0 also without any compose file (source PROJECT_NONE, an empty tree); a negative errno
 * with an error in diags if Compose could not load it: a file is missing (-ENOENT) or not understood (-EINVAL).
 */
int project_load(struct arena *a, const struct project_request *req, struct diag_list *diags, struct project **ret)
{
	struct project *p = arena_alloc(a, sizeof(*p));
	struct yaml_doc *doc = arena_alloc(a, sizeof(*doc));
	struct loading l = {.a = a, .p = p, .req = req, .diags = diags};
	int rc;

	l.variables = (struct variables){look_up, &l};
	p->dir = req->dir;
	p->doc = doc;
	doc->text = "";
	rc = project_files_find(&l);
	if (rc == 0)
		rc = merge_files(&l, doc);
	if (rc < 0)
		return rc;
	doc->name = p->file_count > 0 ? p->files[0].path : req->dir;
	p->name = project_name(&l);
	list_services(&l);
	*ret = p;
	return 0;
}

const struct project_service *project_service(const struct project *p, const char *name)
{
	size_t at;

	if (p->by_name.slots && index_find(&p->by_name, name, &at))
		return &p->services[at];
	for (at = p->indexed; at < p->service_count; at++)
		if (STR_EQ(p->services[at].name, name))
			return &p->services[at];
	return NULL;
}

static const struct yaml_node *service_in(struct arena *a, const struct project_file *f, const char *service)
{
	return f->doc && f->doc->root ? yaml_path(f->doc->root, arena_printf(a, "services/%s", service)) : NULL;
}

/* Is it one of the files that Compose merges? One that is only read for `extends` is never edited. */
static bool is_merged(const struct project *p, const struct project_file *f)
{
	for (size_t i = 0; i < p->file_count; i++)
		if (&p->files[i] == f)
			return true;
	return false;
}

bool project_service_value(struct arena *a, const struct project *p, const char *service, const char *path,
			   struct project_value *ret)
{
	const struct project_service *s = project_service(p, service);
	const struct yaml_node *n = s ? (*path ? yaml_path(s->node, path) : s->node) : NULL, *raw;
	const struct project_node *node = project_node(n);

	if (!n)
		return false;
	raw = service_in(a, node->file, service);
	*ret = (struct project_value){.node = n,
				      .text = n->kind == YAML_SCALAR ? n->value : NULL,
				      .file = node->file,
				      .start = node->from->start,
				      .end = node->from->end,
				      .direct = !node->shared && is_merged(p, node->file) && raw &&
						node->from->start >= raw->start && node->from->end <= raw->end};
	return true;
}

const struct project_file *project_home(const struct project *p, const char *service)
{
	for (size_t i = 0; i < p->file_count; i++) {
		const struct yaml_node *services = p->files[i].tree ? yaml_get(p->files[i].tree, "services") : NULL;

		if (services && yaml_get(services, service))
			return &p->files[i];
	}
	return NULL;
}

const char *project_file_path(struct arena *a, const struct project *p, const char *path)
{
	return project_path(a, p->file_count > 0 ? project_dir_of(a, p->files[0].path) : p->dir, path);
}

/* Does the file remove or replace, by a tag, what earlier files have at the path or above it? */
static enum project_mark mark_on(const struct project_file *f, struct arena *a, const char *service, const char *path)
{
	const struct yaml_node *at = f->tree ? yaml_get(f->tree, "services") : NULL;

	path = arena_printf(a, "%s/%s", service, path);
	while (at && *path) {
		size_t n = strcspn(path, "/");

		at = yaml_get(at, arena_strndup(a, path, n));
		if (at && project_node(at)->mark != MARK_NONE)
			return project_node(at)->mark;
		path += n + (path[n] == '/');
	}
	return MARK_NONE;
}

const struct project_file *project_marked(struct arena *a, const struct project *p, const char *service,
					  const char *path)
{
	for (size_t i = p->file_count; i-- > 0;)
		if (mark_on(&p->files[i], a, service, path) != MARK_NONE)
			return &p->files[i];
	return NULL;
}

const struct project_file *project_room(struct arena *a, const struct project *p, const char *service, const char *path,
					const struct project_file *first)
{
	const struct project_file *found = NULL;

	for (const struct project_file *f = first; f < p->files + p->file_count; f++) {
		enum project_mark m = mark_on(f, a, service, path);
		const struct yaml_node *services = f->tree ? yaml_get(f->tree, "services") : NULL;

		if (m != MARK_NONE)
			found = NULL;
		if (!found && m != MARK_RESET && services && yaml_get(services, service))
			found = f;
	}
	return found;
}

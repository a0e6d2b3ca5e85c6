/* SPDX-License-Identifier: MIT */
/*
 * Services of files that a compose file includes (compose-spec, "include"). Each is a project of its own with its own
 * directory and .env, whose services run beside the others. They are counted and never changed. Where the gateway is
 * one of them, they are planned with the stack's, and what is to be written there is told.
 */
#include "changes/included.h"

#include <errno.h>
#include <string.h>

#include "compose/project_index.h"
#include "compose/roles.h"
#include "compose/stack_services.h"

/* Files in all, one that includes others counted with them. People have a few. */
#define MOST_INCLUDED 32

struct including {
	struct building *b;
	struct diag_list unheard;
	const char *paths[MOST_INCLUDED];
	size_t path_count;
	struct stack_service *all;
	size_t count;
	size_t room;
	struct project *read[MOST_INCLUDED];
	size_t read_count;
	bool has_workers; /* one of them has a service for the part with the workers */
};

/* Has the project a service that may play the part with the workers, or the one that was named for it? */
static bool has_workers(const struct building *b, const struct project *p)
{
	const struct service_set *set = b->req->plan->set;
	size_t w = service_by_part(set, PART_WORKERS);
	const char *chosen = w == NO_SERVICE ? NULL : answer_service(b->req->answers, set->items[w].name);

	if (chosen)
		return project_service(p, chosen) != NULL;
	return w != NO_SERVICE && roles_candidates(b->a, p, set, w, NULL).count > 0;
}

static void add(struct including *in, const struct stack_service *s)
{
	if (in->count == in->room) {
		struct stack_service *more = arena_array(in->b->a, 2 * in->room + 16, sizeof(*more));

		if (in->count > 0)
			memcpy(more, in->all, in->count * sizeof(*more));
		in->all = more;
		in->room = 2 * in->room + 16;
	}
	in->all[in->count++] = *s;
}

/* What cannot be read may hold anything. */
static void add_unread(struct including *in, const char *name)
{
	add(in,
	    &(struct stack_service){.name = name, .part = NO_SERVICE, .like = NO_SERVICE, .copies = 1, .active = true});
}

static void add_services(struct including *in, const struct project *p)
{
	static const struct owned_layout nobody;
	const struct stack_service *found;
	size_t n = stack_services(in->b->a, p, in->b->req->plan->set, &nobody, &found);

	for (size_t i = 0; i < n; i++)
		add(in, &found[i]);
}

static void follow(struct including *in, const struct project *p);

/* dir: the project's directory, absolute; NULL: that of the file. */
static void add_file(struct including *in, const char *path, const char *dir)
{
	const char *slash = strrchr(path, '/');
	struct project *p;

	for (size_t i = 0; i < in->path_count; i++)
		if (STR_EQ(in->paths[i], path))
			return;
	if (!slash || in->path_count == MOST_INCLUDED) {
		add_unread(in, path);
		return;
	}
	in->paths[in->path_count++] = path;
	if (!dir || strncmp(path, dir, strlen(dir)) != 0 || path[strlen(dir)] != '/')
		dir = slash == path ? "/" : arena_strndup(in->b->a, path, (size_t)(slash - path));
	if (project_reading_other(in->b, &in->unheard, dir, path + strlen(dir) + (dir[1] ? 1 : 0), &p) < 0) {
		add_unread(in, slash + 1);
		return;
	}
	in->read[in->read_count++] = p;
	in->has_workers = in->has_workers || has_workers(in->b, p);
	add_services(in, p);
	follow(in, p);
}

/* "https://…", "git@…", "oci://…": Compose fetches these, and nobody here does. */
static bool is_elsewhere(const char *path)
{
	return strstr(path, "://") || strncmp(path, "git@", 4) == 0 || strchr(path, '$');
}

static void add_entry(struct including *in, const struct project *p, const struct yaml_node *n, const char *dir)
{
	const char *path = yaml_text(n);

	if (n && n->kind == YAML_SEQUENCE)
		for (size_t i = 0; i < n->count; i++)
			add_entry(in, p, n->items[i], dir);
	else if (path && !is_elsewhere(path))
		add_file(in, project_file_path(in->b->a, p, path), dir);
	else
		add_unread(in, "include");
}

static void follow(struct including *in, const struct project *p)
{
	for (size_t i = 0; i < p->file_count; i++) {
		const struct yaml_node *list = p->files[i].tree ? yaml_get(p->files[i].tree, "include") : NULL;

		for (size_t k = 0; list && list->kind == YAML_SEQUENCE && k < list->count; k++) {
			const struct yaml_node *n = list->items[k];
			const char *dir = yaml_text(yaml_get(n, "project_directory"));

			if (n->kind == YAML_MAPPING)
				add_entry(in, p, yaml_get(n, "path"), dir ? project_file_path(in->b->a, p, dir) : NULL);
			else
				add_entry(in, p, n, NULL);
		}
	}
}

/* Keeps the first service of each name. Returns how many there are. */
static size_t without_twins(struct including *in)
{
	struct text_index names = index_new(in->b->a, in->count);
	size_t n = 0, at;

	for (size_t i = 0; i < in->count; i++) {
		if (index_find(&names, in->all[i].name, &at))
			continue;
		index_add(&names, in->all[i].name, n);
		in->all[n++] = in->all[i];
	}
	return n;
}

size_t included_services(struct building *b, const struct stack_service *own, size_t own_count,
			 const struct stack_service **ret)
{
	struct including in = {.b = b};

	*ret = own;
	if (!b->project->included)
		return own_count;
	diag_init(&in.unheard, b->a);
	for (size_t i = 0; i < own_count; i++)
		add(&in, &own[i]);
	follow(&in, b->project);
	diag_clear(&in.unheard);
	*ret = in.all;
	return without_twins(&in);
}

/* The project's own files say who plays the parts; where none has the workers, those of included files do. */
void included_take_workers(struct building *b, struct project *p)
{
	struct including in = {.b = b};

	if (!b->req->compose || !p->included || has_workers(b, p))
		return;
	diag_init(&in.unheard, b->a);
	follow(&in, p);
	diag_clear(&in.unheard);
	for (size_t i = 0; in.has_workers && i < in.read_count; i++)
		project_take(b->a, p, in.read[i]);
}

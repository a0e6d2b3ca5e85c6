/* SPDX-License-Identifier: MIT */
/* Who else in a project reads a variable: the files that Compose may read together with the compose file. */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "files/at.h"
#include "compose/env.h"
#include "compose/variables.h"

enum reads { READS_NAME, READS_ENV };

struct search {
	const struct building *b;
	const char *file; /* where the variable is used for a value */
	const char *variable;
	const struct env_file *env; /* where it is set */
};

/* A file that cannot be read may use it. */
static bool file_reads(const struct search *s, const char *name, enum reads as)
{
	const struct building *b = s->b;
	const char *at_path;
	struct file_at at;
	char *text;
	size_t len;
	int rc;

	if (strchr(name, '$') || name[0] == '/' || strstr(name, ".."))
		return true;
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	if (STR_EQ(name, s->file) || STR_EQ(name, s->env->name))
		return false;
	at_path = arena_printf(b->a, "%s/%s", b->req->dir, name);
	rc = file_at_find(b->req->root, b->a, at_path, true, &at);
	if (rc == 0)
		rc = file_at_read(&at, b->a, &text, &len, NULL);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return false;
	/* A failing disk is no reason to edit another place than the next run would. */
	if (rc == -EIO || rc == -ENOSPC || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE)
		(void)building_cannot_read(b, at_path, rc);
	if (rc < 0)
		return true;
	return as == READS_ENV ? variable_in_env(text, s->variable) : variable_in_text(text, s->variable);
}

/* Checks the files that a node names: a string, a list, or mappings with the given key. */
static bool named_reads(const struct search *s, const struct yaml_node *n, const char *key, enum reads as)
{
	bool reads = false;

	if (n && n->kind == YAML_ALIAS)
		n = n->target;
	if (!n)
		return false;
	if (n->kind == YAML_SCALAR)
		return file_reads(s, n->value, as);
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count && !reads; i++)
		reads = named_reads(s, n->items[i], key, as);
	return n->kind == YAML_MAPPING ? named_reads(s, yaml_get(n, key), key, as) : reads;
}

/* Checks files that the compose file refers to: include, extends, env_file. */
static bool referred_reads(const struct search *s)
{
	const struct yaml_node *root = s->b->compose->root, *services = root ? yaml_get(root, "services") : NULL;
	bool reads = root && named_reads(s, yaml_get(root, "include"), "path", READS_NAME);

	for (size_t i = 0; services && services->kind == YAML_MAPPING && i + 1 < services->count && !reads; i += 2) {
		const struct yaml_node *extends = yaml_get(services->items[i + 1], "extends");

		reads = (extends && extends->kind != YAML_SCALAR && named_reads(s, extends, "file", READS_NAME)) ||
			named_reads(s, yaml_get(services->items[i + 1], "env_file"), "path", READS_ENV);
	}
	return reads;
}

/* Checks the files listed in COMPOSE_FILE. */
static bool listed_reads(const struct search *s)
{
	const char *text = s->env->change.new_text, *list = env_get(s->b->a, text, "COMPOSE_FILE"),
		   *mark = env_get(s->b->a, text, "COMPOSE_PATH_SEPARATOR");

	mark = mark && mark[0] ? mark : ":";
	for (size_t n; list && *list; list += n + (list[n] ? strlen(mark) : 0)) {
		const char *end = strstr(list, mark);

		n = end ? (size_t)(end - list) : strlen(list);
		if (n > 0 && file_reads(s, arena_strndup(s->b->a, list, n), READS_NAME))
			return true;
	}
	return false;
}

/*
 * Does another file of the project than `file` read a variable set in env? Checks the files that Compose reads by
 * default and those named by COMPOSE_FILE or the compose file. Returns true if in doubt.
 */
bool variable_used_beside(const struct building *b, const char *file, const char *variable, const struct env_file *env)
{
	static const char *const names[] = {"compose.yaml",
					    "compose.yml",
					    "docker-compose.yml",
					    "docker-compose.yaml",
					    "compose.override.yaml",
					    "compose.override.yml",
					    "docker-compose.override.yml",
					    "docker-compose.override.yaml"};
	const struct search s = {b, file, variable, env};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (file_reads(&s, names[i], READS_NAME))
			return true;
	return listed_reads(&s) || referred_reads(&s);
}

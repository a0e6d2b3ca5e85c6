/* SPDX-License-Identifier: MIT */
/* Which files make a project. Search orders of docker-compose 1.29.2 and Compose 2.26.1, tried with both. */
#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/path.h"
#include "compose/project_parts.h"

#define NAMES 4

static const char *const usual[2][NAMES] = {
	{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"},
	{"docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"}, /* docker-compose 1.29 */
};
/* Each of them goes with each name above. 1.29 refuses more than one. */
static const char *const overrides[2][NAMES] = {
	{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml",
	 "docker-compose.override.yaml"},
	{"docker-compose.override.yml", "docker-compose.override.yaml", "compose.override.yml",
	 "compose.override.yaml"},
};

const char *project_usual_name(size_t i)
{
	return i < NAMES ? usual[0][i] : NULL;
}

bool project_is_usual_name(const char *name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (STR_EQ(usual[0][i], name))
			return true;
	return false;
}

const char *project_path(struct arena *a, const char *from, const char *path)
{
	return path_tidy(a, path[0] == '/' ? path : arena_printf(a, "%s/%s", from, path));
}

const char *project_dir_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash > path ? arena_strndup(a, path, (size_t)(slash - path)) : "/";
}

/* The path relative to dir; NULL: it is not below it. */
static const char *below(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	n -= n > 0 && dir[n - 1] == '/';
	return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

const char *project_why(const struct loading *l, int rc, const char **hint)
{
	if (rc == -EINVAL)
		return _("it is not a regular file");
	return l->req->why ? l->req->why(l->req->context, rc, hint) : strerror(-rc);
}

int project_read(struct loading *l, const char *path, struct project_file *ret)
{
	struct yaml_doc *doc = NULL;
	const char *text;
	size_t len;
	int rc = l->req->read(l->req->context, path, &text, &len);

	*ret = (struct project_file){.path = path, .name = below(l->p->dir, path)};
	if (rc < 0)
		return rc;
	ret->doc = l->req->parsed ? l->req->parsed(l->req->context, path, text, len) : NULL;
	if (ret->doc)
		return 0;
	rc = yaml_parse(l->a, path, text, len, l->diags, &doc);
	ret->doc = doc;
	if (rc < 0)
		diag_add(l->diags, SEV_ERROR, path, _("is not understood; nothing was written"))->hint =
			_("fix what is shown above, then run again");
	return rc;
}

static bool is_there(const struct loading *l, const char *name)
{
	const char *text;
	size_t len;

	return l->req->read(l->req->context, project_path(l->a, l->p->dir, name), &text, &len) != -ENOENT;
}

/* The first of the names that exists, and how many exist. */
static const char *first_there(const struct loading *l, const char *const names[NAMES], size_t *ret_count)
{
	const char *first = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < NAMES; i++) {
		if (!is_there(l, names[i]))
			continue;
		first = first ? first : names[i];
		++*ret_count;
	}
	return first;
}

static const char *list_others(const struct loading *l, const char *const names[NAMES], const char *first)
{
	const char *list = NULL;

	for (size_t i = 0; i < NAMES; i++)
		if (!STR_EQ(names[i], first) && is_there(l, names[i]))
			list = list ? arena_printf(l->a, "%s, %s", list, names[i]) : names[i];
	return list;
}

/* Of a file named twice, only the last position counts: there Compose merges it once more. */
static void drop(struct project *p, const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < p->file_count; i++)
		if (!STR_EQ(p->files[i].path, path))
			p->files[n++] = p->files[i];
	p->file_count = n;
}

static int add_file(struct loading *l, const char *path)
{
	struct project *p = l->p;

	drop(p, path);
	if (p->file_count == PROJECT_MAX_FILES) {
		diag_add(l->diags, SEV_ERROR, p->dir, _("COMPOSE_FILE names more than %d files; nothing was written"),
			 PROJECT_MAX_FILES);
		return -E2BIG;
	}
	p->files[p->file_count++].path = path;
	return 0;
}

static int add_with_override(struct loading *l, const char *name)
{
	size_t count;
	const char *over = first_there(l, overrides[l->req->compose1], &count);
	int rc = add_file(l, project_path(l->a, l->p->dir, name));

	if (rc == 0 && over)
		rc = add_file(l, project_path(l->a, l->p->dir, over));
	if (over && count > 1)
		diag_note(l->diags, "other-compose-file", SEV_WARNING, project_path(l->a, l->p->dir, over),
			  _("is not the only override: %s is there too"),
			  list_others(l, overrides[l->req->compose1], over))
			->hint = _("Compose 2 takes the first alone, docker-compose 1.29 refuses them");
	l->p->source = PROJECT_FOUND;
	return rc;
}

/* Adds the files of COMPOSE_FILE in order; none if *only is set and not among them. */
static int add_listed(struct loading *l, const char *list, const char *separator, const char *const *only)
{
	size_t step = strlen(separator);

	for (const char *end; list; list = end ? end + step : NULL) {
		size_t n = (end = strstr(list, separator)) ? (size_t)(end - list) : strlen(list);
		int rc = n > 0 ? add_file(l, project_path(l->a, l->p->dir, arena_strndup(l->a, list, n))) : 0;

		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; *only && i < l->p->file_count; i++)
		if (STR_EQ(l->p->files[i].path, *only))
			return 0;
	if (*only) /* the named file is not among them */
		l->p->file_count = 0;
	return 0;
}

/* Is the caller's COMPOSE_FILE meant for this directory: do all of its files exist, and is one of them in it? */
static bool is_of_this(const struct loading *l)
{
	bool here = false;
	const char *text;
	size_t len;

	for (size_t i = 0; i < l->p->file_count; i++) {
		const char *path = l->p->files[i].path;

		if (l->req->read(l->req->context, path, &text, &len) < 0)
			return false;
		here |= below(l->p->dir, path) != NULL;
	}
	return here;
}

static void pass_over(struct loading *l)
{
	l->p->file_count = 0;
	l->p->estranged = true;
	diag_note(l->diags, "other-compose-file", SEV_WARNING, l->p->dir,
		  _("COMPOSE_FILE in the environment names other files than this directory's; it is passed over"))
		->hint = _("unset it, or Compose takes those files here too");
}

/* Uses COMPOSE_FILE. If it does not list the requested file, no file is added. */
static int find_listed(struct loading *l, bool *ret_said)
{
	const char *list = l->variables.look_up(l, "COMPOSE_FILE"),
		   *separator = l->variables.look_up(l, "COMPOSE_PATH_SEPARATOR");
	const char *only = l->req->file ? project_path(l->a, l->p->dir, l->req->file) : NULL;
	bool by_caller = l->req->environment && l->req->environment(l->req->context, "COMPOSE_FILE");
	int rc;

	*ret_said = list && list[0];
	if (!*ret_said)
		return 0;
	rc = add_listed(l, list, separator && separator[0] ? separator : ":", &only);
	l->p->source = by_caller ? PROJECT_CALLER : PROJECT_ENV;
	if (rc == 0 && by_caller && !only && !is_of_this(l)) {
		pass_over(l);
		*ret_said = false;
	}
	if (rc == 0 && l->p->file_count == 0 && only)
		l->p->taken = "COMPOSE_FILE";
	return rc;
}

static int find_by_name(struct loading *l)
{
	const char *const *names = usual[l->req->compose1];
	size_t count;
	const char *first = first_there(l, names, &count), *file = l->req->file;

	if (first && count > 1)
		l->p->rivals = list_others(l, names, file ? file : first);
	if (first && (!file || STR_EQ(file, first)))
		return add_with_override(l, first);
	if (file && first)
		l->p->taken = first;
	return 0;
}

static int find_set(struct loading *l)
{
	bool said;
	int rc = find_listed(l, &said);

	if (rc == 0 && !said)
		rc = find_by_name(l);
	if (rc == 0 && l->p->file_count == 0 && l->req->file) {
		l->p->source = PROJECT_NAMED;
		rc = add_file(l, project_path(l->a, l->p->dir, l->req->file));
	}
	return rc;
}

static void add_env(struct loading *l, const char *dir)
{
	const char *text;
	size_t len;

	if (l->req->read(l->req->context, project_path(l->a, dir, ".env"), &text, &len) == 0 && strlen(text) == len)
		l->envs[l->env_count++] = env_pair_read(l->a, text);
}

static int refuse_missing(struct loading *l, const char *path, int rc)
{
	const char *hint = NULL;

	if (l->p->source == PROJECT_ENV || l->p->source == PROJECT_CALLER)
		hint = _(
			"COMPOSE_FILE names it, so Compose refuses the project too: fix COMPOSE_FILE, or bring the file");
	/* It existed a moment ago, or could not be examined: not a wrong name, as -ENOENT would tell the caller. */
	if (rc == -ENOENT && l->p->source == PROJECT_FOUND)
		rc = -EIO;
	diag_add(l->diags, SEV_ERROR, path, _("cannot be read: %s; nothing was written"), project_why(l, rc, &hint))
		->hint = hint;
	return rc;
}

/* Finds and parses the files. Returns 0, or a negative errno with an error in diags, also for a missing file. */
int project_files_find(struct loading *l)
{
	struct project *p = l->p;
	const char *home;
	int rc;

	add_env(l, p->dir);
	rc = find_set(l);
	if (rc < 0)
		return rc;
	home = p->file_count > 0 ? project_dir_of(l->a, p->files[0].path) : p->dir;
	if (!STR_EQ(home, p->dir) && !l->req->compose1) /* 1.29 reads .env only from where it is run */
		add_env(l, home);
	for (size_t i = 0; i < p->file_count; i++) {
		size_t said = l->diags->count;

		rc = project_read(l, p->files[i].path, &p->files[i]);
		if (rc < 0)
			return l->diags->count > said ? rc : refuse_missing(l, p->files[i].path, rc);
	}
	return 0;
}

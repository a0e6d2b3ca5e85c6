/* SPDX-License-Identifier: MIT */
/*
 * Compose's name for the stack. Containers and volumes are named after it: under another one the stack starts with
 * empty volumes, beside its data.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/gone.h"
#include "changes/volumes.h"
#include "compose/database.h"
#include "compose/env.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "core/text.h"

#define KEY "COMPOSE_PROJECT_NAME"
#define MAX_PROJECTS 8

static const char *own_name(const struct building *b)
{
	const char *slash = strrchr(b->req->dir, '/');

	return docker_project_name(b->a, slash ? slash + 1 : b->req->dir);
}

/* What .env says, as it is to be; NULL: nothing. An adopted stack's .env is not written for this. */
static const char *said(const struct building *b)
{
	const char *text = b->envs[0].loaded ? b->envs[0].change.new_text : NULL;
	const char *name = text ? env_get(b->a, text, KEY) : NULL;

	return name && name[0] ? docker_project_name(b->a, name) : NULL;
}

/* The name that the stack has without a line in .env; NULL: the file has one of its own. */
static const char *now(const struct building *b)
{
	const char *name = said(b);

	return name ? name : gone_project(b->a, b->req->root, b->req->dir, b->req->compose);
}

/* As `now`, or the name that the file itself has; NULL: one with variables. */
static const char *effective(const struct building *b)
{
	const char *name = now(b), *own = name ? NULL : database_volume(b->compose, NULL).project;

	return own && own[0] ? docker_project_name(b->a, own) : name;
}

/* Was it started where it is now, under that name? Then its data has that name. */
static bool runs_here_as(const struct building *b, const char *project)
{
	const struct machine_containers *all = &b->req->plan->machine->containers;

	for (size_t i = 0; i < all->count; i++) {
		const struct machine_container *c = &all->items[i];

		if (c->working_dir && c->project && STR_EQ(c->working_dir, b->req->dir) && STR_EQ(c->project, project))
			return true;
	}
	return false;
}

/* Another name that it runs under here, as after `docker compose -p`; NULL: none, or it runs under both. */
static const char *runs_here_otherwise(const struct building *b, const char *project)
{
	const struct machine_containers *all = &b->req->plan->machine->containers;

	for (size_t i = 0; !runs_here_as(b, project) && i < all->count; i++) {
		const struct machine_container *c = &all->items[i];

		if (c->working_dir && c->project && STR_EQ(c->working_dir, b->req->dir))
			return c->project;
	}
	return NULL;
}

/* Where the database's data would be under that name; NULL: it is not there, or does not depend on the name. */
static const char *data_of(const struct building *b, const char *project)
{
	const struct service_set *set = b->req->plan->set;
	const size_t database = service_by_part(set, PART_DATABASE);
	const struct database_place place =
		database_find(b->a, b->compose, database == NO_SERVICE ? NULL : set->items[database].data);

	if (!place.volume || place.fixed)
		return NULL;
	return volumes_of_project(b->req->root, b->a, project, place.volume) ? place.volume : NULL;
}

/* The volumes of the compose file that are named after the project: has the project all of them? */
static bool has_all_volumes(const struct building *b, const char *project)
{
	const struct yaml_node *all = b->compose->root ? yaml_get(b->compose->root, "volumes") : NULL;
	size_t found = 0;

	for (size_t i = 0; all && all->kind == YAML_MAPPING && i + 1 < all->count; i += 2) {
		const struct yaml_node *one = all->items[i + 1];

		if (one->kind == YAML_MAPPING && (yaml_get(one, "name") || yaml_get(one, "external")))
			continue;
		if (!volumes_of_project(b->req->root, b->a, project, all->items[i]->value))
			return false;
		found++;
	}
	return found > 0;
}

/*
 * A stack without state may have been moved: the name of the volumes that nobody else has. Returns NULL if there is
 * none; several are told.
 */
static const char *by_volumes(const struct building *b)
{
	const struct service_set *set = b->req->plan->set;
	const size_t database = service_by_part(set, PART_DATABASE);
	const struct database_place place =
		database_find(b->a, b->compose, database == NO_SERVICE ? NULL : set->items[database].data);
	const char *names[MAX_PROJECTS], *found = NULL, *list = NULL;
	size_t count = 0;

	if (!b->set->taken_up || !place.volume || place.fixed || place.project || data_of(b, own_name(b)))
		return NULL;
	count = volumes_projects(b->req->root, b->a, place.volume, names, MAX_PROJECTS);
	for (size_t i = 0; i < count; i++) {
		if (!has_all_volumes(b, names[i]) || gone_other(b, names[i]))
			continue;
		list = found ? arena_printf(b->a, "%s, %s", list, names[i]) : names[i];
		found = names[i];
	}
	if (!found || STR_EQ(found, list))
		return found;
	diag_note(
		b->diags, "project-name", SEV_WARNING, b->req->dir,
		_("Compose would start this stack as '%s', with new volumes; volumes of a stack like it are there as: %s"),
		own_name(b), list)
		->hint =
		_("if one of them is this stack's, write COMPOSE_PROJECT_NAME=NAME into .env before it is started");
	return NULL;
}

/* The name as the last apply left it, or as the directory gave it before the move. */
static const char *remembered(const struct building *b)
{
	const char *base = b->req->moved_from ? strrchr(b->req->moved_from, '/') : NULL;

	if (b->set->state.project)
		return b->set->state.project;
	return base ? docker_project_name(b->a, base + 1) : by_volumes(b);
}

/* The name that the stack had, where it has another one now; NULL: it still has it, or was started under the new. */
static const char *former(const struct building *b)
{
	const char *is = now(b), *was = is && !said(b) ? remembered(b) : NULL;

	return !was || !was[0] || STR_EQ(was, is) || runs_here_as(b, is) ? NULL : was;
}

/* Somebody gave it another name, by .env, in the file or by a start, and its data still has the old one. */
static void tell_of_other_name(const struct building *b, const char *path)
{
	const char *is = effective(b), *was = b->set->state.project;

	if (!is || !was || STR_EQ(was, is) || !data_of(b, was))
		return;
	/* Until there is data under the new name too, it is the old one that is remembered. */
	if (!data_of(b, is))
		b->set->project = was;
	diag_note(b->diags, "project-name", SEV_WARNING, path,
		  _("Compose names this stack '%s' now, and named it '%s' when it was last applied: its data is in the "
		    "volumes of the old name, and it starts with new ones"),
		  is, was)
		->hint = text_aprintf(b->a, _("COMPOSE_PROJECT_NAME=%s in .env keeps the name"), was);
}

/* It was started under a name that nothing here says: the printed command would start a second one. */
static void tell_of_running_name(const struct building *b, const char *path)
{
	const char *is = now(b), *runs = is ? runs_here_otherwise(b, is) : NULL;

	if (!runs || data_of(b, is))
		return;
	diag_note(
		b->diags, "project-name", SEV_WARNING, path,
		_("the stack runs here under the name '%s', and its files say '%s': started by them, it is a second one, "
		  "with new volumes"),
		runs, is)
		->hint = text_aprintf(b->a, _("COMPOSE_PROJECT_NAME=%s in .env keeps the name"), runs);
}

/* Compose takes letters and digits of ASCII alone into a name, and starts nothing without one. */
static int refuse_nameless(const struct building *b)
{
	const char *is = now(b);

	if (!is || is[0] || runs_here_otherwise(b, is))
		return 0;
	diag_add(
		b->diags, SEV_ERROR, b->req->dir,
		_("Compose makes the stack's name of the directory's, and this one has neither a letter from a to z nor "
		  "a digit; nothing was written"))
		->hint = b->set->state.present || b->set->taken_up
				 ? _("write COMPOSE_PROJECT_NAME=NAME into its .env")
				 : _("give the directory another name, such as /opt/ai-gateway");
	return -EINVAL;
}

/* Does one of the volumes that the file names after the project exist under that name? */
static bool has_some_volume(const struct building *b, const char *project)
{
	const struct yaml_node *all = b->compose->root ? yaml_get(b->compose->root, "volumes") : NULL;

	for (size_t i = 0; all && all->kind == YAML_MAPPING && i + 1 < all->count; i += 2)
		if (volumes_of_project(b->req->root, b->a, project, all->items[i]->value))
			return true;
	return false;
}

/* A copy that takes the name and the volumes of a stack that is gone must not leave data of its own behind. */
static int refuse_begun(const struct building *b)
{
	const char *is = effective(b);

	if (!b->req->joins || !is || !b->set->state.project || STR_EQ(is, b->set->state.project) ||
	    (!runs_here_as(b, is) && !has_some_volume(b, is)))
		return 0;
	diag_add(
		b->diags, SEV_ERROR, b->req->dir,
		_("was started as '%s' and has volumes of its own; with those of %s, what was recorded in them since would "
		  "be left behind; nothing was written"),
		is, b->req->joins)
		->hint =
		text_aprintf(b->a,
			     _("where that is nothing: remove the containers and the volumes of '%s', then run "
			       "again; else '%s' ends the memory of the old place"),
			     is, gone_forget(b->a, b->req->joins, false, gone_said_state(b->req->answers)));
	return -EEXIST;
}

/*
 * Keeps the name of vpsfit's own stack: writes it into .env where the directory's name gives another one. Needs .env.
 * Returns 0, or -EINVAL with an error, as where there is no name at all.
 */
int project_name_keep(struct building *b)
{
	struct env_file *env = &b->envs[0];
	const char *was = former(b);
	int rc = refuse_begun(b);

	if (rc == 0 && was)
		rc = env_files_set(b, env, KEY, was);
	if (rc < 0)
		return rc;
	rc = refuse_nameless(b);
	if (rc < 0)
		return rc;
	if (was)
		diag_note(b->diags, "project-kept", SEV_INFO, env->change.path,
			  _("COMPOSE_PROJECT_NAME=%s keeps the name that Compose knows this stack by: its volumes are "
			    "named after it"),
			  was);
	b->set->project = now(b);
	tell_of_other_name(b, env->change.path);
	tell_of_running_name(b, env->change.path);
	return 0;
}

/* An adopted stack's .env is its owner's: only tells. */
void project_name_tell(struct building *b)
{
	const char *was = former(b);

	b->set->project = was ? was : gone_project(b->a, b->req->root, b->req->dir, b->req->compose);
	if (was)
		diag_note(b->diags, "project-name", SEV_WARNING, b->compose->name,
			  _("Compose named this stack '%s' where it was, and its volumes after that; here it starts "
			    "with new ones"),
			  was)
			->hint = text_aprintf(b->a, _("COMPOSE_PROJECT_NAME=%s in .env keeps the name"), was);
	else
		tell_of_other_name(b, b->compose->name);
}

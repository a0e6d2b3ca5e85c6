/* SPDX-License-Identifier: MIT */
#include "changes/gone.h"

#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/take_up.h"
#include "compose/env.h"
#include "compose/project_parts.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "core/path.h"
#include "core/shell.h"
#include "core/text.h"

/* Directories are looked through for a stack that was moved; a person waits for the answer. */
#define MAX_LOOKED_AT 64
#define MAX_STACKS 256

/* Only what certainly is not there counts: what may not be looked at, or is broken, may be there. */
static bool is_absent(const struct sysroot *root, const char *path)
{
	struct stat st;
	int rc = sysroot_stat(root, path, &st);

	return rc == -ENOENT || rc == -ENOTDIR;
}

/* The state of an adopted stack has the compose file as "dir", and lists it among its files. */
bool gone_is_adopted(const struct state *state)
{
	return state->dir && state_file_at(state, state->dir);
}

static bool has_no_compose_file(struct arena *a, const struct sysroot *root, const char *dir)
{
	const char *name;

	for (size_t i = 0; (name = project_usual_name(i)); i++)
		if (!is_absent(root, arena_printf(a, "%s/%s", dir, name)))
			return false;
	return true;
}

/*
 * Is nothing left of the stack that the state tells of? Empty directories count for nothing: an engine makes them anew
 * where a container that still runs mounts something.
 */
bool gone_is(struct arena *a, const struct sysroot *root, const struct state *state)
{
	if (!state->present || !state->dir)
		return false;
	/* A state of 0.1.0 may list no files: then it is told by what is there. */
	if (gone_is_adopted(state) || sysroot_is_file(root, state->dir))
		return is_absent(root, state->dir);
	return has_no_compose_file(a, root, state->dir) && is_absent(root, arena_printf(a, "%s/.env", state->dir));
}

/*
 * Where a stack's compose file is that somebody gave another of Compose's names; NULL: it is where it was, or there is
 * none.
 */
const char *gone_renamed(struct arena *a, const struct sysroot *root, const char *path)
{
	const char *const slash = strrchr(path, '/'), *name, *found = NULL;
	bool usual = false;

	for (size_t i = 0; slash && (name = project_usual_name(i)); i++) {
		const char *other = arena_printf(a, "%.*s/%s", (int)(slash - path), path, name);

		usual |= STR_EQ(name, slash + 1);
		if (!found && !is_absent(root, other))
			found = other;
	}
	return usual && is_absent(root, path) ? found : NULL;
}

static const char *read(const struct gone_search *q, const char *path)
{
	char *text;
	size_t len;

	return sysroot_read(q->root, q->a, path, 0, &text, &len) == 0 ? text : NULL;
}

/* Does .env in dir have a secret that is kept in that store? Two stacks never share one. */
static bool same_secrets(const struct gone_search *q, const char *store, const char *dir)
{
	const char *env = read(q, arena_printf(q->a, "%s/.env", dir)), *kept = NULL;
	const struct service_secret *one;

	if (!env || secrets_source_known(q->secrets, q->a, q->root, store, &kept) < 0 || !kept)
		return false;
	for (size_t i = 0; (one = service_secret(q->set, i, NULL)); i++) {
		const char *x = env_get(q->a, env, one->key), *y = env_get(q->a, kept, one->key);

		if (x && y && x[0] && STR_EQ(x, y))
			return true;
	}
	return false;
}

/* Is nothing in it, or is it not there? */
static bool is_lost(const struct gone_search *q, const char *path)
{
	const char *text = read(q, path);

	return !text || strspn(text, " \t\r\n") == strlen(text);
}

/* Is the compose file in dir byte for byte the one that the state tells of? */
static bool same_compose(const struct gone_search *q, const struct state *state, const char *dir)
{
	const char *name;

	for (size_t i = 0; (name = project_usual_name(i)); i++) {
		const char *text = read(q, arena_printf(q->a, "%s/%s", dir, name));

		for (size_t k = 0; text && k < state->file_count; k++)
			if (state->files[k].hash != 0 && state->files[k].hash == state_hash(text, strlen(text)) &&
			    project_is_usual_name(strrchr(state->files[k].path, '/') + 1))
				return true;
	}
	return false;
}

/* Two stacks never share a secret. One that has lost its .env is told by its compose file. */
bool gone_same_stack(const struct gone_search *q, const struct state *state, const char *dir)
{
	return same_secrets(q, state->store, dir) ||
	       (is_lost(q, arena_printf(q->a, "%s/.env", dir)) && same_compose(q, state, dir));
}

/* Has the stack in dir a state of its own, beside that of store? An adopted one is remembered by its file. */
static bool has_state(const struct gone_search *q, const char *store, const char *dir)
{
	const char *all = arena_strndup(q->a, store, (size_t)(strrchr(store, '/') - store)), *name;
	bool found = state_newest(q->a, state_store(q->a, all, dir), 0) > 0;

	for (size_t i = 0; !found && (name = project_usual_name(i)); i++)
		found = state_newest(q->a, state_store(q->a, all, arena_printf(q->a, "%s/%s", dir, name)), 0) > 0;
	return found;
}

/* A copy that was applied where it is has a state of its own: the one that is gone is no more. */
static bool is_it(const struct gone_search *q, const struct state *state, const char *dir)
{
	return !STR_EQ(dir, state->dir) && take_up_recognised(q->a, q->root, q->set, dir) &&
	       !has_state(q, state->store, dir) && gone_same_stack(q, state, dir);
}

/* A stack of vpsfit's own without state, elsewhere than in `near`. */
static bool is_stateless(const struct gone_search *q, const char *store, const char *near, const char *dir)
{
	return !STR_EQ(dir, near) && take_up_recognised(q->a, q->root, q->set, dir) && !has_state(q, store, dir);
}

/*
 * Where people keep stacks: beside the old place, and where Dockge and Portainer look. state: of the stack that is
 * looked for; NULL: any that has no state beside `store`.
 */
static const char *look_around(const struct gone_search *q, const struct state *state, const char *store,
			       const char *near)
{
	const char *beside = path_parent(q->a, near);
	const char *const places[] = {beside,	     near,    arena_printf(q->a, "%s/stacks", beside),
				      "/opt/stacks", "/opt",  "/srv",
				      "/srv/stacks", "/home", "/root"};
	size_t left = MAX_LOOKED_AT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char **names;
		long n = sysroot_list(q->root, q->a, places[i][0] ? places[i] : "/", &names);

		for (long k = 0; k < n && left > 0; k++, left--) {
			const char *dir = arena_printf(q->a, "%s/%s", places[i], names[k]);

			if (state ? is_it(q, state, dir) : is_stateless(q, store, near, dir))
				return dir;
		}
	}
	return NULL;
}

/* The directory that its running containers were started in, else one with its secrets; NULL: none was found. */
const char *gone_where(const struct gone_search *q, const struct state *state)
{
	const struct machine_containers *all = q->machine ? &q->machine->containers : NULL;

	if (gone_is_adopted(state))
		return NULL;
	for (size_t i = 0; all && i < all->count; i++)
		if (all->items[i].working_dir && is_it(q, state, all->items[i].working_dir))
			return all->items[i].working_dir;
	return look_around(q, state, state->store, state->dir);
}

/* Does .env name the project? Then a directory of another name changes nothing. */
bool gone_says_project(struct arena *a, const struct sysroot *root, const char *dir)
{
	const char *said;
	char *env;
	size_t len;

	if (sysroot_read(root, a, arena_printf(a, "%s/.env", dir), 0, &env, &len) < 0)
		return false;
	said = env_get(a, env, "COMPOSE_PROJECT_NAME");
	return said && said[0];
}

/* Does COMPOSE_FILE in the .env beside that compose file name other files, so that Compose does without it? */
bool gone_is_unnamed(struct arena *a, const struct sysroot *root, const char *path)
{
	const char *dir = path_parent(a, path), *said;
	char *env;
	size_t len, n;

	if (sysroot_read(root, a, arena_printf(a, "%s/.env", dir), 0, &env, &len) < 0)
		return false;
	said = env_get(a, env, "COMPOSE_FILE");
	for (; said && *said; said += n + (said[n] == ':')) {
		n = strcspn(said, ":");
		if (STR_EQ(project_path(a, dir, arena_strndup(a, said, n)), path))
			return false;
	}
	return said != NULL;
}

/*
 * Compose's name for the project in dir: COMPOSE_PROJECT_NAME of its .env, else the directory's name. NULL where the
 * file has a name of its own.
 */
const char *gone_project(struct arena *a, const struct sysroot *root, const char *dir, const char *compose)
{
	const char *said = NULL, *base = strrchr(dir, '/'), *name;
	bool named = false;
	char *env;
	size_t len;

	if (sysroot_read(root, a, arena_printf(a, "%s/.env", dir), 0, &env, &len) == 0)
		said = env_get(a, env, "COMPOSE_PROJECT_NAME");
	if (said && said[0])
		return docker_project_name(a, said);
	for (size_t i = 0; !named && (name = compose && i == 0 ? compose : project_usual_name(i)); i++) {
		named = sysroot_find(root, a, arena_printf(a, "%s/%s", dir, name), "name:", SYSROOT_MAX_READ);
		if (compose)
			break;
	}
	return named ? NULL : docker_project_name(a, base ? base + 1 : dir);
}

struct gone_search gone_search_of(const struct building *b)
{
	return (struct gone_search){b->a, b->req->root, b->req->plan->set, b->req->secrets, b->req->plan->machine};
}

/* The directory of another stack that is remembered, whose secrets the .env here has; NULL: there is none. */
const char *gone_twin(const struct building *b)
{
	const struct gone_search search = gone_search_of(b), *const q = &search;
	const char *const store = b->req->state->store, *slash = strrchr(store, '/'), *found = NULL;
	struct diag_list unheard;
	struct sysroot host;
	char **names;
	long n;

	if (same_secrets(q, store, b->req->dir) || sysroot_open(&host, "/") < 0)
		return NULL;
	diag_init(&unheard, b->a);
	n = sysroot_list(&host, b->a, arena_strndup(b->a, store, (size_t)(slash - store)), &names);
	for (long i = 0; i < n && i < MAX_STACKS && !found; i++) {
		const char *other = arena_printf(b->a, "%.*s/%s", (int)(slash - store), store, names[i]);
		struct state one;

		if (state_may_be_store(names[i]) && !STR_EQ(other, store) &&
		    state_load(b->a, other, &unheard, &one) == 0 && one.present && one.dir && !gone_is_adopted(&one) &&
		    same_secrets(q, other, b->req->dir))
			found = one.dir;
	}
	sysroot_close(&host);
	diag_clear(&unheard);
	return found;
}

/* Tells of a copy of a stack that is remembered. Returns false if it has nobody else's secrets. */
bool gone_tell_copy(const struct building *b)
{
	const char *other = gone_twin(b);

	if (!other)
		return false;
	diag_note(
		b->diags, "copied", SEV_WARNING, b->req->dir,
		_("has the same secrets as the stack in %s, of which it is a copy: as it is, it starts with volumes of its "
		  "own, which are empty"),
		other)
		->hint =
		text_aprintf(b->a,
			     _("if the stack is moved here: stop it there, remove %s, then 'vpsfit apply "
			       "--dir %s --moved-from %s', before this one is started; a second one: --dir with a "
			       "directory that is not there yet"),
			     other, shell_quoted(b->a, b->req->dir), shell_quoted(b->a, other));
	return true;
}

/*
 * What is in the directory is another stack than the one that is remembered of it, as after two were swapped: its
 * secrets are that one's. Returns 0, or -ESTALE with an error.
 */
int gone_refuse_another(const struct building *b)
{
	const char *other = gone_twin(b);

	if (!other)
		return 0;
	diag_add(b->diags, SEV_ERROR, b->req->dir,
		 _("has the .env of the stack that was applied in %s, and not that of its own; nothing was written"),
		 other)
		->hint = text_aprintf(b->a, _("put each stack back into its own directory; its own secrets are in %s"),
				      arena_printf(b->a, "%s/" KEPT_ENV, b->set->state.store));
	return -ESTALE;
}

static bool same_directory(const struct building *b, const char *x, const char *y)
{
	const char *one = sysroot_resolve(b->req->root, b->a, x), *two = sysroot_resolve(b->req->root, b->a, y);

	return STR_EQ(x, y) || (one && two && STR_EQ(one, two));
}

/* A directory whose containers run under the project's name; one that is gone only counts where all is new here. */
static const char *runs_elsewhere(const struct building *b, const char *project)
{
	const struct machine_containers *all = &b->req->plan->machine->containers;

	for (size_t i = 0; i < all->count; i++) {
		const struct machine_container *c = &all->items[i];

		if (c->project && c->working_dir && STR_EQ(c->project, project) &&
		    !same_directory(b, c->working_dir, b->req->dir) &&
		    !(b->set->taken_up && has_no_compose_file(b->a, b->req->root, c->working_dir)))
			return c->working_dir;
	}
	return NULL;
}

static const char *in_store(const struct building *b, const char *store, const char *project)
{
	struct diag_list unheard;
	struct state one;
	const char *dir = NULL, *theirs;

	diag_init(&unheard, b->a);
	if (state_load(b->a, store, &unheard, &one) == 0 && one.present && one.dir && !gone_is_adopted(&one) &&
	    !same_directory(b, one.dir, b->req->dir) && !(b->set->taken_up && gone_is(b->a, b->req->root, &one))) {
		theirs = gone_project(b->a, b->req->root, one.dir, NULL);
		dir = theirs && STR_EQ(theirs, project) ? one.dir : NULL;
	}
	diag_clear(&unheard);
	return dir;
}

/* The directory of a stack that is remembered in the same state directory and has the project's name. */
static const char *is_remembered(const struct building *b, const char *project)
{
	const char *const store = b->req->state->store, *slash = strrchr(store, '/'), *found = NULL;
	struct sysroot host;
	char **names;
	long n;

	if (!slash || sysroot_open(&host, "/") < 0)
		return NULL;
	n = sysroot_list(&host, b->a, arena_strndup(b->a, store, (size_t)(slash - store)), &names);
	for (long i = 0; i < n && i < MAX_STACKS && !found; i++)
		if (state_may_be_store(names[i]))
			found = in_store(b, arena_printf(b->a, "%.*s/%s", (int)(slash - store), store, names[i]),
					 project);
	sysroot_close(&host);
	return found;
}

const char *gone_other(const struct building *b, const char *project)
{
	const char *other = runs_elsewhere(b, project);

	return other ? other : is_remembered(b, project);
}

/* The directory that a container was started in and that has a stack without state; NULL: there is none. */
static const char *stateless_running(const struct gone_search *q, const char *store, const char *near)
{
	const struct machine_containers *all = &q->machine->containers;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].working_dir && is_stateless(q, store, near, all->items[i].working_dir))
			return all->items[i].working_dir;
	return NULL;
}

/* A stack of vpsfit's own that has no state beside `store`, elsewhere than in `near`; NULL: none was found. */
const char *gone_forgotten(const struct gone_search *q, const char *store, const char *near)
{
	const char *where = q->machine ? stateless_running(q, store, near) : NULL;

	return where ? where : look_around(q, NULL, store, near);
}

/*
 * Nobody said where, and the usual place is empty: if a stack of vpsfit's own is elsewhere and what was remembered of
 * it is gone, that one is meant. Returns 0, or -EEXIST with an error.
 */
int gone_refuse_forgotten(const struct building *b)
{
	const struct gone_search q = gone_search_of(b);
	const char *const store = b->req->state->store, *where;

	if (answer_said(b->req->answers, ANSWER_DIR))
		return 0;
	where = gone_forgotten(&q, store, b->req->dir);
	if (!where)
		return 0;
	diag_add(b->diags, SEV_ERROR, where,
		 _("is a stack of vpsfit's own, and what was remembered of it is gone; a second one in %s was not "
		   "written"),
		 b->req->dir)
		->hint = text_aprintf(
		b->a, _("'vpsfit apply --dir %s' takes it up again; --dir %s makes a second one all the same"), where,
		b->req->dir);
	return -EEXIST;
}

/*
 * A second stack with a project name that is taken: 'up -d' in it would replace the containers of the first, and it
 * would find that one's volumes. Only for a stack without state. Returns 0, or -EEXIST with an error.
 */
int gone_refuse_second(const struct building *b)
{
	const char *project = gone_project(b->a, b->req->root, b->req->dir, NULL);
	const char *other = project && project[0] ? gone_other(b, project) : NULL;
	const struct gone_search q = gone_search_of(b);

	if (!other)
		return 0;
	diag_add(
		b->diags, SEV_ERROR, b->req->dir,
		_("Compose's name for this stack would be '%s', as for the one in %s, and would mistake one for the other; nothing was written"),
		project, other)
		->hint =
		has_state(&q, b->req->state->store, other)
			? text_aprintf(b->a,
				       _("choose a directory with another name: --dir %s-2; if the stack was "
					 "moved here: --moved-from %s"),
				       b->req->dir, other)
			: text_aprintf(b->a, _("choose a directory with another name: --dir %s-2"), b->req->dir);
	return -EEXIST;
}

/* SPDX-License-Identifier: MIT */
/*
 * The files that Compose merges into one project: which of them an owned value belongs in, and the proof that the
 * merged project will differ in owned values only.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/included.h"
#include "compose/place.h"
#include "core/i18n.h"
#include "files/at.h"
#include "compose/project_proof.h"
#include "changes/worker_count.h"

/* The texts that the project is made of stay the building's, whatever arena it is in. */
static int load_into(struct building *b, struct arena *a, struct diag_list *diags, struct project **ret)
{
	int rc = project_reading_own(b, a, diags, ret);

	if (rc == 0)
		included_take_workers(b, *ret);
	return rc;
}

static int load(struct building *b, struct diag_list *diags, struct project **ret)
{
	int rc = load_into(b, b->a, diags, ret);

	for (size_t i = 0; rc == 0 && i < (*ret)->file_count; i++)
		if (!building_kept_tree(b, (*ret)->files[i].path, (*ret)->files[i].doc->text,
					(*ret)->files[i].doc->len))
			building_keep_tree(b, (*ret)->files[i].doc);
	return rc;
}

static void tell(const struct building *b)
{
	const struct project *p = b->project;
	const char *main = p->file_count > 0 ? p->files[0].path : b->req->dir;
	struct diag *d;

	if (p->taken && STR_EQ(p->taken, "COMPOSE_FILE")) {
		d = diag_note(
			b->diags, "other-compose-file", SEV_WARNING, main,
			_("is not one of the files that COMPOSE_FILE names, which Compose takes in this directory"));
		d->hint = _("it is taken alone; name one of those files to have all of them");
	} else if (p->taken) {
		d = diag_note(b->diags, "other-compose-file", SEV_WARNING, main,
			      _("is not the file that Compose takes in this directory: that is %s"), p->taken);
		d->hint = _("it is taken alone; remove or rename the one that is not in use");
	} else if (p->rivals) {
		d = diag_note(b->diags, "other-compose-file", SEV_WARNING, main,
			      _("is the file that Compose takes; it leaves %s aside"), p->rivals);
		d->hint = _("remove or rename the one that is not in use");
	}
}

/*
 * Loads the project. fallback (or NULL) stands in for the compose file if the directory has none under any name.
 * Returns 0, or -ENOENT, -EINVAL or another errno with an error in diags.
 */
int compose_set_load(struct building *b, const char *fallback)
{
	const char *text, *name;
	size_t len;
	bool there = false;
	int rc;

	for (size_t i = 0; fallback && (name = project_usual_name(i)); i++)
		there |= compose_read(b, arena_printf(b->a, "%s/%s", b->req->dir, name), &text, &len) != -ENOENT;
	if (fallback && !there)
		b->future[b->future_count++] = (struct future_file){arena_printf(b->a, "%s/" COMPOSE_FILE, b->req->dir),
								    fallback, strlen(fallback)};
	rc = load(b, b->diags, &b->project);
	b->future_count = 0;
	if (rc == 0)
		tell(b);
	return rc;
}

/* Is it another name (a link) for a file that is listed already? */
static bool is_part_already(const struct building *b, const struct file_change *f)
{
	for (size_t i = 0; f->old_text && i < b->part_count; i++) {
		const struct file_change *other = b->parts[i].change;

		if (other->old_text && other->old_st.st_dev == f->old_st.st_dev &&
		    other->old_st.st_ino == f->old_st.st_ino)
			return true;
	}
	return false;
}

/*
 * Collects the project's files that may be edited. b->compose becomes the tree of the stack's own file: the one that
 * was named, else the first.
 */
int compose_set_parts(struct building *b)
{
	const struct project *p = b->project;
	struct yaml_part *main = NULL;

	for (size_t i = 0; i < p->file_count; i++) {
		struct yaml_part *part = &b->parts[b->part_count];
		int rc;

		if (!p->files[i].name)
			continue;
		part->doc = p->files[i].doc;
		part->change = arena_alloc(b->a, sizeof(*part->change));
		rc = building_load(b, p->files[i].name, 0644, part->change);
		if (rc < 0)
			return rc;
		if (is_part_already(b, part->change)) {
			diag_add(b->diags, SEV_ERROR, part->change->path,
				 _("is another name of a file that Compose merges too; nothing was written"))
				->hint = _("a file cannot be edited in two places: take one of the names away");
			return -EINVAL;
		}
		part->change->new_text = part->change->old_text;
		part->change->new_len = part->change->old_len;
		lost_restore(b, part->change);
		part->fresh = !part->change->old_text && !part->change->copy;
		if (!main || (b->req->compose && STR_EQ(b->req->compose, part->change->name)))
			main = part;
		b->part_count++;
	}
	if (!main) {
		diag_add(b->diags, SEV_ERROR, b->req->dir,
			 _("COMPOSE_FILE names no compose file in this directory; nothing was written"));
		return -EINVAL;
	}
	b->compose = main->doc;
	b->set->layout.file = main->change->name;
	return 0;
}

/* Reads the project again with the new text of the stack's own compose file; later edits start from there. */
int compose_set_replace(struct building *b, const struct yaml_doc *file)
{
	int rc;

	building_keep_tree(b, file);
	b->future[b->future_count++] = (struct future_file){file->name, file->text, file->len};
	rc = load(b, b->diags, &b->project);
	b->future_count = 0;
	b->part_count = 0;
	return rc < 0 ? rc : compose_set_parts(b);
}

/*
 * If an override resets or replaces part of `deploy`, an added limit only takes effect in the legacy form (mem_limit).
 */
void compose_set_style(struct building *b)
{
	struct owned_layout *l = &b->set->layout;

	for (size_t s = 0; s < MAX_SERVICES; s++) {
		const char *name = l->services[s];
		struct project_value v;

		if (name && !project_service_value(b->a, b->project, name, "deploy/resources/limits", &v) &&
		    !project_service_value(b->a, b->project, name, "deploy/resources/reservations", &v) &&
		    project_marked(b->a, b->project, name, "deploy/resources/limits/memory"))
			l->old_limit[s] = l->old_reservation[s] = true;
	}
}

static const char *service_of(struct arena *a, const struct owned_value *v, const char **ret_path)
{
	const char *name = v->path + strlen("services/");
	size_t n = strcspn(name, "/");

	*ret_path = name + n + (name[n] == '/');
	return arena_strndup(a, name, n);
}

/*
 * Where to put a value that is not set anywhere: beside the service's other sizes, else where the service is defined.
 */
static const struct project_file *home_of(const struct building *b, const struct owned_value *v, const char *service)
{
	static const char *const sizes[] = {"deploy/resources/limits/memory", "mem_limit",
					    "deploy/resources/reservations/memory", "mem_reservation", "memswap_limit"};
	const struct project *p = b->project;
	struct project_value at;

	for (size_t i = 0; v->size != SIZE_NONE && i < ARRAY_SIZE(sizes); i++)
		if (project_service_value(b->a, p, service, sizes[i], &at) && at.direct && at.file->name)
			return at.file;
	for (size_t i = 0; i < p->file_count; i++) {
		const struct yaml_node *services = p->files[i].tree ? yaml_get(p->files[i].tree, "services") : NULL;

		if (p->files[i].name && STR_EQ(p->files[i].name, b->set->layout.file) && services &&
		    yaml_get(services, service))
			return &p->files[i];
	}
	return project_home(p, service);
}

/* The file's position in merge order; 0: read through `extends` only, before all others. */
static size_t order_of(const struct project *p, const struct project_file *f)
{
	size_t i = 0;

	while (i < p->file_count && &p->files[i] != f)
		i++;
	return i < p->file_count ? i + 1 : 0;
}

/*
 * Finds what determines a value now. For the workers: the flag, else the later of the command and the variable, because
 * a later command replaces one with the flag.
 */
static bool find_holder(const struct building *b, const struct owned_value *v, const char *service, const char *path,
			struct project_value *ret)
{
	struct project_value command, entry;
	const struct project *p = b->project;
	bool has_command, has_entry;

	if (v->place != OWNED_WORKERS)
		return project_service_value(b->a, b->project, service, path, ret);
	if (v->count == COUNT_IN_ENTRYPOINT)
		return project_service_value(b->a, p, service, "entrypoint", ret);
	has_command = project_service_value(b->a, p, service, "command", &command);
	if (v->count == COUNT_IN_COMMAND) {
		*ret = command;
		return has_command;
	}
	has_entry = project_service_value(b->a, p, service, arena_printf(b->a, "environment/%s", owned_variable(v)),
					  &entry);
	if (!has_command || (has_entry && order_of(p, entry.file) >= order_of(p, command.file))) {
		*ret = entry;
		return has_entry;
	}
	*ret = command;
	return has_entry || order_of(p, command.file) > 1;
}

static void fix(struct building *b, size_t i, const char *value, const char *why)
{
	b->fixed[i] = value;
	b->fixed_why[i] = why;
	b->set->owned[i].file = b->set->layout.file;
}

/* What a later file of somebody else's stack says, or takes away, held all the time: 0.1.0 did not look at it. */
static bool is_beside(const struct building *b, const struct owned_value *v)
{
	return b->set->state.one_file && !b->set->layout.own && !STR_EQ(v->file, b->set->layout.file);
}

/* Where a value that is not there would stand: a count in the environment. */
static const char *path_of_missing(const struct building *b, const struct owned_value *v, const char *path)
{
	return v->place == OWNED_WORKERS ? arena_printf(b->a, "environment/%s", owned_variable(v)) : path;
}

/* The file in which a value that is not there would act; NULL: none. An env file may have a count. */
static const struct project_file *room_for(const struct building *b, const struct owned_value *v, const char *service,
					   const char *path, const struct project_file *home)
{
	if (v->place == OWNED_WORKERS && v->env_file && place_find(b->a, home->doc, v).kind == PLACE_MISSING)
		return home;
	return project_room(b->a, b->project, service, path_of_missing(b, v, path), home);
}

/* Only a person can undo a !reset, in the file that has it. */
static void fix_reset(struct building *b, size_t i, const char *service, const char *path)
{
	struct owned_value *v = &b->set->owned[i];
	const struct project_file *in = project_marked(b->a, b->project, service, path_of_missing(b, v, path));

	fix(b, i, NULL, _("!reset takes it away there"));
	if (in && in->name)
		v->file = in->name;
}

static void assign_missing(struct building *b, size_t i, const char *service, const char *path)
{
	struct owned_value *v = &b->set->owned[i];
	const struct project_file *home = home_of(b, v, service), *room = home;

	if (home)
		room = room_for(b, v, service, path, home);
	if (home && !room)
		fix_reset(b, i, service, path);
	else if (room && !room->name)
		fix(b, i, NULL,
		    arena_printf(b->a, _("it belongs in %s, outside of the stack's directory"), room->path));
	else
		v->file = room ? room->name : b->set->layout.file;
	b->held[i] |= is_beside(b, v) && state_find(&b->set->state, v->key);
}

/*
 * The file through which a service gets a value from elsewhere: by a merge key or an alias in the file itself, or by
 * extending another service.
 */
static const char *bringer(const struct building *b, const char *service, const struct project_file *from)
{
	const char *found = b->set->layout.file;

	for (size_t i = 0; i < b->part_count; i++) {
		const struct yaml_doc *doc = b->parts[i].doc;
		const struct yaml_node *s =
			doc->root ? yaml_path(doc->root, arena_printf(b->a, "services/%s", service)) : NULL;

		if (s && doc == from->doc)
			return b->parts[i].change->name;
		if (s && yaml_get(s, "extends"))
			found = b->parts[i].change->name;
	}
	return found;
}

/*
 * Finds where the worker count stands in the project, for place_find. Returns true if that cannot be told: a person
 * must write it.
 */
static bool settle_count(struct building *b, size_t i, const char *service)
{
	struct owned_value *v = &b->set->owned[i];
	const struct worker_count is = worker_count_find(b, v, service);
	bool empty;

	v->count = is.place;
	v->word = is.word;
	v->variable = is.variable;
	v->env_file = is.env_file;
	v->env_variable = is.env_variable;
	b->effective[i] = is.value;
	b->count_told = worker_count_told(&is) > 0;
	/* A flag without a value, such as one of a variable that nobody sets, stops the program. */
	empty = is.place != COUNT_IN_ENVIRONMENT && is.value && !is.value[0];
	if ((is.say_it || is.unseen || empty) && v->missing == MISSING_FINE)
		v->missing = MISSING_INSERT;
	if (is.unseen)
		fix(b, i, is.value, is.unseen);
	return is.unseen != NULL;
}

/* A file that is included is a project of its own, with its own directory: what is to be written there is told. */
static void assign_included(struct building *b, size_t i, const struct project_service *service, const char *path)
{
	const struct owned_value *v = &b->set->owned[i];
	struct project_value at;

	b->somewhere[i] = find_holder(b, v, service->name, path, &at);
	if (b->somewhere[i] && v->place == OWNED_SCALAR)
		b->effective[i] = at.text;
	if (b->somewhere[i] && v->place == OWNED_WORD)
		b->effective[i] = place_find(b->a, service->included->doc, v).current;
	fix(b, i, b->effective[i],
	    arena_printf(b->a, _("%s includes this file, and what is included is not edited"), b->set->compose));
}

/*
 * A value that only its owner uses is edited in place if its file is in the directory; shared values and other files
 * are left alone.
 */
static void assign(struct building *b, size_t i)
{
	struct owned_value *v = &b->set->owned[i];
	const char *path, *service = service_of(b->a, v, &path);
	const struct project_service *one = project_service(b->project, service);
	struct project_value at;

	if (v->place == OWNED_WORKERS && settle_count(b, i, service))
		return;
	if (one && one->included) {
		assign_included(b, i, one, path);
		return;
	}
	if (!find_holder(b, v, service, path, &at)) {
		assign_missing(b, i, service, path);
		return;
	}
	b->somewhere[i] = true;
	if (v->place == OWNED_SCALAR)
		b->effective[i] = at.text;
	if (at.direct && at.file->name) {
		v->file = at.file->name;
		b->held[i] = b->set->layout.own && !STR_EQ(v->file, b->set->layout.file);
		b->held[i] |= is_beside(b, v);
	} else if (!at.file->name) {
		fix(b, i, v->place == OWNED_WORKERS ? b->effective[i] : at.text,
		    arena_printf(b->a, _("it is in %s, outside of the stack's directory"), at.file->path));
	} else {
		v->file = bringer(b, service, at.file);
		b->fixed[i] = v->place == OWNED_WORKERS ? b->effective[i] : at.text;
	}
}

/* Decides for each owned value of the project in which file it is edited. */
void compose_set_assign(struct building *b)
{
	for (size_t i = 0; i < b->set->owned_count; i++) {
		if (strncmp(b->set->owned[i].path, "services/", 9) != 0)
			continue;
		if (b->set->owned[i].place == OWNED_SCALAR || b->set->owned[i].place == OWNED_WORD ||
		    b->set->owned[i].place == OWNED_WORKERS)
			assign(b, i);
	}
}

static void add_future(struct building *b, const struct file_change *f)
{
	if (f->new_text && b->future_count < ARRAY_SIZE(b->future))
		b->future[b->future_count++] = (struct future_file){f->path, f->new_text, f->new_len};
}

/* Returns the path of the first value of vpsfit's that will not take effect after the merge; NULL: all do. */
static const char *unheeded(const struct building *b, const struct project *after)
{
	for (size_t i = 0; i < b->set->owned_count; i++) {
		struct owned_value v = b->set->owned[i];
		const char *path, *service;
		struct project_value at;

		if (v.place != OWNED_SCALAR || strncmp(v.path, "services/", 9) != 0 || !b->set->written[i] ||
		    b->set->kept[i])
			continue;
		service = service_of(b->a, &v, &path);
		/* One that a person took out: only the memory of it is left. */
		if (!project_service(b->project, service))
			continue;
		v.wanted = b->set->written[i];
		if (!project_service_value(b->a, after, service, path, &at) || !at.text || !owned_same(&v, at.text))
			return v.path;
	}
	return NULL;
}

/* Loads the project with the future files, then forgets them. Messages are discarded. a: the building's, or another. */
static int load_future(struct building *b, struct arena *a, struct project **ret)
{
	struct diag_list unheard;
	int rc;

	diag_init(&unheard, a);
	rc = a == b->a ? load(b, &unheard, ret) : load_into(b, a, &unheard, ret);
	b->future_count = 0;
	diag_clear(&unheard);
	return rc;
}

/* Loads the project with a new document for the stack's own compose file. Messages are discarded. */
int compose_set_try(struct building *b, const struct yaml_doc *file, struct project **ret)
{
	building_keep_tree(b, file);
	b->future[b->future_count++] = (struct future_file){file->name, file->text, file->len};
	return load_future(b, b->a, ret);
}

int compose_set_replace_parts(struct building *b, const struct yaml_doc *const *docs, const struct owned_value *touched,
			      size_t touched_count)
{
	struct project *after;

	for (size_t i = 0; i < b->part_count; i++) {
		building_keep_tree(b, docs[i]);
		b->future[b->future_count++] =
			(struct future_file){b->parts[i].change->path, docs[i]->text, docs[i]->len};
	}
	if (load_future(b, b->a, &after) < 0 || project_difference(b->a, b->project, after, touched, touched_count))
		return 1;
	b->project = after;
	b->part_count = 0;
	return compose_set_parts(b);
}

/* Loads the project as it will be; new_envs also counts env files that do not exist yet. */
static int load_after(struct building *b, struct arena *a, bool new_envs, struct project **ret)
{
	for (size_t i = 0; i < b->part_count; i++)
		add_future(b, b->parts[i].change);
	for (size_t i = 0; i < b->env_count; i++)
		if (b->envs[i].loaded && (new_envs || b->envs[i].change.old_text))
			add_future(b, &b->envs[i].change);
	return load_future(b, a, ret);
}

/* What the project, as it will be, has otherwise, owned values aside; NULL: nothing. *ret_rc: it cannot be read. */
static const char *difference_after(struct building *b, int *ret_rc)
{
	struct arena scratch = ARENA_INIT; /* a second tree of the project is for this proof alone */
	struct project *after;
	const char *where;

	*ret_rc = load_after(b, &scratch, !b->set->layout.own, &after);
	where = *ret_rc < 0 ? "" : project_difference(&scratch, b->project, after, b->set->owned, b->set->owned_count);
	if (!where)
		where = unheeded(b, after);
	where = where ? arena_strdup(b->a, where) : NULL;
	arena_clear(&scratch);
	return where;
}

/*
 * Reads the project again as it will be, with env files as they will be: a variable may be used in more places than
 * known. Returns -EINVAL with an error if Compose would refuse the project or if anything but owned values would
 * differ. A stack that does not exist yet is the template's and needs no proof.
 */
int compose_set_prove(struct building *b)
{
	const char *where;
	int rc;

	if (b->project->file_count == 0 || b->parts[0].fresh)
		return 0;
	where = difference_after(b, &rc);
	/* A read error that was not there a moment ago is not the edit's fault. */
	if (rc < 0 && rc != -EINVAL)
		return building_cannot_read(b, b->project->files[0].path, rc == -ENOENT ? -EIO : rc);
	if (!where)
		return 0;
	diag_add(
		b->diags, SEV_ERROR, b->project->files[0].path,
		_("merged with the other files of the project, the edit would change more than the owned values (%s); nothing was "
		  "written"),
		where[0] ? where : "services")
		->hint = _("write the figures by hand: 'vpsfit plan --json' has them under \"services\"");
	return -EINVAL;
}

/* vpsfit's own project as it will be, with its .env; as it is now if that cannot be determined. */
const struct project *compose_set_after(struct building *b)
{
	struct project *after;
	int rc = load_after(b, b->a, true, &after);

	return rc == 0 ? after : b->project;
}

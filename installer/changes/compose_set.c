/* SPDX-License-Identifier: MIT */
/*
 * The files that Compose merges into one project: which of them an owned value belongs into, and the proof that the
 * merged project then differs in the owned values alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "changes/building.h"
#include "core/i18n.h"
#include "files/at.h"
#include "compose/project_proof.h"

/* An .env that is gone, or empty, is the copy that comes back: the project is what Compose made of that. */
static const char *lost_env(const struct building *b, const char *path, const char *text)
{
	if (text && text[strspn(text, " \t\r\n")])
		return text;
	if (!STR_EQ(path, arena_printf(b->a, "%s/.env", b->req->dir)))
		return text;
	return b->req->secrets->last_copy(b->a, b->req->root, b->req->state->store, path);
}

/* What is below the stack's directory is read as the stack's files are; what is elsewhere is only ever read. */
static int read_on_disk(const struct building *b, const char *path, const char **ret, size_t *ret_len)
{
	size_t n = strlen(b->req->dir);
	struct building quiet = *b;
	struct diag_list unheard;
	struct file_change f = {.kind = CHANGE_NONE};
	char *text;
	int rc;

	diag_init(&unheard, b->a);
	quiet.diags = &unheard;
	if (strncmp(path, b->req->dir, n) == 0 && path[n] == '/') {
		rc = building_load(&quiet, path + n + 1, 0644, &f);
		*ret = rc == 0 ? lost_env(b, path, f.old_text) : NULL;
		*ret_len = *ret == f.old_text ? f.old_len : strlen(*ret);
		rc = rc == 0 && !*ret ? -ENOENT : rc;
	} else {
		rc = sysroot_read(b->req->root, b->a, path, 0, &text, ret_len);
		*ret = text;
	}
	diag_clear(&unheard);
	return rc == -ENOTDIR ? -ENOENT : rc;
}

static int read_file(void *context, const char *path, const char **ret, size_t *ret_len)
{
	const struct building *b = context;

	for (size_t i = 0; i < b->future_count; i++) {
		if (!STR_EQ(b->future[i].path, path))
			continue;
		*ret = b->future[i].text;
		*ret_len = b->future[i].len;
		return 0;
	}
	return read_on_disk(b, path, ret, ret_len);
}

/* Another machine's tree is not asked what this one's environment says. */
static const char *environment(void *context, const char *name)
{
	const struct building *b = context;

	return sysroot_is_live(b->req->root) ? getenv(name) : NULL;
}

/* A link of another user's is no ordinary error: file_at_why knows which it was. */
static const char *why(void *context, int rc, const char **hint)
{
	const struct building *b = context;

	*hint = file_at_hint(rc, *hint);
	return file_at_why(b->req->root, b->a, rc);
}

static bool is_compose1(const struct plan *plan)
{
	const struct machine_engine *e = plan && plan->machine ? &plan->machine->engine : NULL;

	return e && e->compose_command && STR_EQ(e->compose_command, "docker-compose") &&
	       !(e->compose_version && e->compose_version[0] == '2');
}

static int load(struct building *b, struct diag_list *diags, struct project **ret)
{
	const struct project_request req = {.read = read_file,
					    .environment = environment,
					    .why = why,
					    .context = b,
					    .dir = b->req->dir,
					    .file = b->req->compose,
					    .compose1 = is_compose1(b->req->plan)};

	return project_load(b->a, &req, diags, ret);
}

static void tell(const struct building *b)
{
	const struct project *p = b->project;
	const char *main = p->file_count > 0 ? p->files[0].path : b->req->dir;
	struct diag *d;

	if (p->taken && STR_EQ(p->taken, "COMPOSE_FILE")) {
		d = diag_add(
			b->diags, SEV_WARNING, main,
			_("is not one of the files that COMPOSE_FILE names, which Compose takes in this directory"));
		d->hint = _("it is taken alone; name one of those files to have all of them");
	} else if (p->taken) {
		d = diag_add(b->diags, SEV_WARNING, main,
			     _("is not the file that Compose takes in this directory: that is %s"), p->taken);
		d->hint = _("it is taken alone; remove or rename the one that is not in use");
	} else if (p->rivals) {
		d = diag_add(b->diags, SEV_WARNING, main, _("is the file that Compose takes; it leaves %s aside"),
			     p->rivals);
		d->hint = _("remove or rename the one that is not in use");
	}
}

/*
 * Loads the project. fallback (NULL: none) is the text that stands for the directory's compose file where there is none
 * of any name. -ENOENT, -EINVAL or another errno with an error in diags.
 */
int compose_set_load(struct building *b, const char *fallback)
{
	static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
	const char *text;
	size_t len;
	bool there = false;
	int rc;

	for (size_t i = 0; fallback && i < ARRAY_SIZE(names); i++)
		there |= read_file(b, arena_printf(b->a, "%s/%s", b->req->dir, names[i]), &text, &len) != -ENOENT;
	if (fallback && !there)
		b->future[b->future_count++] = (struct future_file){arena_printf(b->a, "%s/" COMPOSE_FILE, b->req->dir),
								    fallback, strlen(fallback)};
	rc = load(b, b->diags, &b->project);
	b->future_count = 0;
	if (rc == 0)
		tell(b);
	return rc;
}

/* Two names, by a link, of one file. */
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
 * The project's files that may be edited. b->compose is the tree of the stack's own one: that which was named, else the
 * first.
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
		part->fresh = !part->change->old_text;
		part->change->new_text = part->change->old_text;
		part->change->new_len = part->change->old_len;
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

/* The stack's own compose file as it will be: the project is read again with it, and edited from there on. */
int compose_set_replace(struct building *b, const char *text)
{
	const char *path = b->compose->name;
	int rc;

	b->future[b->future_count++] = (struct future_file){path, text, strlen(text)};
	rc = load(b, b->diags, &b->project);
	b->future_count = 0;
	b->part_count = 0;
	return rc < 0 ? rc : compose_set_parts(b);
}

/*
 * Where a file takes away what stands below `deploy`, or writes it anew, a limit that is put in holds in the old way
 * alone.
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
			l->old_style[s] = true;
	}
}

static const char *service_of(struct arena *a, const struct owned_value *v, const char **ret_path)
{
	const char *name = v->path + strlen("services/");
	size_t n = strcspn(name, "/");

	*ret_path = name + n + (name[n] == '/');
	return arena_strndup(a, name, n);
}

/* Where a value that is nowhere goes: beside the service's other sizes, else where the service is. */
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

static bool has_word(const struct yaml_node *n, const char *word)
{
	if (n->kind == YAML_SCALAR)
		return strstr(n->value, word) != NULL;
	for (size_t i = 0; i < n->count; i++)
		if (has_word(n->items[i], word))
			return true;
	return false;
}

/* Which of the project's files it is; what only `extends` reads comes before all of them. */
static size_t order_of(const struct project *p, const struct project_file *f)
{
	size_t i = 0;

	while (i < p->file_count && &p->files[i] != f)
		i++;
	return i < p->file_count ? i + 1 : 0;
}

/*
 * What decides a value now: the scalar itself; for a word, the command; for the workers the command where it has the
 * flag, else the later one of the command and the environment's entry, for a flag that an earlier file has is not in
 * use any more.
 */
static bool find_holder(const struct building *b, const struct owned_value *v, const char *service, const char *path,
			struct project_value *ret)
{
	struct project_value command, entry;
	const struct project *p = b->project;
	bool has_command, has_entry, has_flag;

	if (v->place != OWNED_WORKERS)
		return project_service_value(b->a, b->project, service, path, ret);
	has_command = project_service_value(b->a, b->project, service, "command", &command);
	has_entry = project_service_value(b->a, p, service, "environment/NUM_WORKERS", &entry);
	has_flag = has_command && has_word(command.node, v->word);
	if (!has_command || (has_entry && !has_flag && order_of(p, entry.file) >= order_of(p, command.file))) {
		*ret = entry;
		return has_entry;
	}
	*ret = command;
	return has_flag || has_entry || order_of(p, command.file) > 1;
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

static void assign_missing(struct building *b, size_t i, const char *service, const char *path)
{
	struct owned_value *v = &b->set->owned[i];
	const struct project_file *home = home_of(b, v, service), *room = home;

	if (home && v->place == OWNED_SCALAR)
		room = project_room(b->a, b->project, service, path, home);
	if (home && !room)
		fix(b, i, NULL, _("a later file takes it away (!reset)"));
	else if (room && !room->name)
		fix(b, i, NULL,
		    arena_printf(b->a, _("it belongs into %s, outside of the stack's directory"), room->path));
	else
		v->file = room ? room->name : b->set->layout.file;
	b->held[i] |= is_beside(b, v) && state_find(&b->set->state, v->key);
}

/*
 * The file whose service gets a value from elsewhere: by a merge key or an alias in the file itself, or by extending
 * another service.
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

/* A value alone in a file of the directory is edited there; what others share, or what lies elsewhere, is not. */
static void assign(struct building *b, size_t i)
{
	struct owned_value *v = &b->set->owned[i];
	const char *path, *service = service_of(b->a, v, &path);
	struct project_value at;

	if (!find_holder(b, v, service, path, &at)) {
		assign_missing(b, i, service, path);
		return;
	}
	if (at.direct && at.file->name) {
		v->file = at.file->name;
		b->held[i] = b->set->layout.own && !STR_EQ(v->file, b->set->layout.file);
		b->held[i] |= is_beside(b, v);
	} else if (!at.file->name) {
		fix(b, i, at.text,
		    arena_printf(b->a, _("it stands in %s, outside of the stack's directory"), at.file->path));
	} else {
		v->file = bringer(b, service, at.file);
		b->fixed[i] = at.text;
	}
}

/* Says of each owned value of the project in which file it is looked for. */
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

/* Does what vpsfit leaves there hold after the merge? Where it does: NULL; else the value that does not. */
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
		v.wanted = b->set->written[i];
		if (!project_service_value(b->a, after, service, path, &at) || !at.text || !owned_same(&v, at.text))
			return v.path;
	}
	return NULL;
}

/* The project as it will be; with `new_envs` the env files that are not there yet count too. Nobody is told. */
static int load_after(struct building *b, bool new_envs, struct project **ret)
{
	struct diag_list unheard;
	int rc;

	for (size_t i = 0; i < b->part_count; i++)
		add_future(b, b->parts[i].change);
	for (size_t i = 0; i < b->env_count; i++)
		if (b->envs[i].loaded && (new_envs || b->envs[i].change.old_text))
			add_future(b, &b->envs[i].change);
	diag_init(&unheard, b->a);
	rc = load(b, &unheard, ret);
	b->future_count = 0;
	diag_clear(&unheard);
	return rc;
}

/*
 * Reads the project again as it will be. -EINVAL with an error where Compose would refuse it, or anything but the owned
 * values would differ. Env files count as they will be too: a variable may stand for more than was known. A stack that
 * is yet to be written is the template's.
 */
int compose_set_prove(struct building *b)
{
	struct project *after;
	const char *where;
	int rc;

	if (b->project->file_count == 0 || b->parts[0].fresh)
		return 0;
	rc = load_after(b, !b->set->layout.own, &after);
	/* What was read a moment ago cannot be read now: no fault of the edit. */
	if (rc < 0 && rc != -EINVAL)
		return building_cannot_read(b, b->project->files[0].path, rc == -ENOENT ? -EIO : rc);
	where = rc < 0 ? "" : project_difference(b->a, b->project, after, b->set->owned, b->set->owned_count);
	if (!where)
		where = unheeded(b, after);
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

/* The project of vpsfit's own stack as it will be, its .env too; as it is where that cannot be told. */
const struct project *compose_set_after(struct building *b)
{
	struct project *after;
	int rc = load_after(b, true, &after);

	return rc == 0 ? after : b->project;
}

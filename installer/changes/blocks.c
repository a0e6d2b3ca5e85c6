/* SPDX-License-Identifier: MIT */
/*
 * Optional services of vpsfit's own stack: adds the block of each to the compose file, or removes it, before the values
 * are looked at. What a person removed or changed stays so.
 */
#include <string.h>

#include "changes/building.h"
#include "compose/block.h"
#include "compose/edit.h"
#include "compose/project_users.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/strbuf.h"

/* Values of every service that the stack could have, so that those of a service being removed are known too. */
static size_t owned_of_all(const struct building *b, struct owned_value owned[static MAX_OWNED])
{
	const struct service_set *set = b->req->plan->set;
	struct owned_layout all = {.file = COMPOSE_FILE, .own = true};

	for (size_t s = 0; s < set->count; s++)
		all.services[s] = set->items[s].name;
	return owned_values(b->a, b->req->plan, &all, owned);
}

static const char *block_file(const struct building *b, const char *service)
{
	return arena_printf(b->a, "services/%s.compose.yaml", service);
}

static int load_block(const struct building *b, const char *service, struct block *ret)
{
	struct owned_value *owned = arena_array(b->a, MAX_OWNED, sizeof(*owned));
	const struct yaml_doc *doc;
	int rc = building_template_tree(b, block_file(b, service), &doc);

	if (rc < 0)
		return rc;
	*ret = (struct block){doc, service, owned, owned_of_all(b, owned), false};
	return block_check(ret, b->diags);
}

/* Does a size of the service in the file carry vpsfit's comment? The state forgets a service that is not planned. */
static bool is_marked(const struct building *b, size_t service, const struct block *block, const struct yaml_doc *file)
{
	struct edit_file *edits = arena_alloc(b->a, sizeof(*edits));

	edit_find(b->a, file, COMPOSE_FILE, block->owned, block->owned_count, edits);
	for (size_t i = 0; i < edits->count; i++)
		if (edits->edits[i].owned->size != SIZE_NONE && edits->edits[i].owned->service == service &&
		    edit_is_marked(edits, &edits->edits[i]))
			return true;
	return false;
}

/* Did an earlier apply write it into the file that is there? */
static bool is_known(const struct building *b, size_t service, const struct block *block, const struct yaml_doc *file)
{
	return !building_is_fresh(b) &&
	       (state_has_service(b->a, &b->set->state, block->service) || is_marked(b, service, block, file));
}

/* Was it asked for in this run, not only remembered? */
static bool is_asked_for(const struct building *b, const struct service *s)
{
	return s->answer >= 0 && b->req->answers->of[s->answer].origin > ORIGIN_REMEMBERED &&
	       answer_number(b->req->answers, (enum answer_id)s->answer) > 0;
}

static void tell(const struct building *b, const char *file, const char *text, const char *hint)
{
	diag_note(b->diags, "optional-service", SEV_WARNING, file, "%s", text)->hint = hint;
}

/* The file that has the path "services/NAME" or "services/NAME/KEY/KEY"; the stack's own by default. */
static const char *speaker(const struct building *b, const struct yaml_doc *file, const char *path)
{
	const struct project_file *f = NULL;
	const char *name = path + strlen("services/"), *keys;
	struct project_value v;

	if (strncmp(path, "services/", strlen("services/")) != 0)
		return file->name;
	keys = strchr(name, '/');
	if (!keys)
		f = project_home(b->project, name);
	else if (project_service_value(b->a, b->project, arena_strndup(b->a, name, (size_t)(keys - name)), keys + 1,
				       &v))
		f = v.file;
	return f ? f->path : file->name;
}

static const char *lines_are_in(const struct building *b, const char *service)
{
	return arena_printf(b->a, _("its lines are in %s/templates/services/%s.compose.yaml"), b->req->data_dir,
			    service);
}

/*
 * Returns the file with the block added, or NULL to leave it as it is. Without its block, the service is not part of
 * the stack.
 */
static const struct yaml_doc *with_block(struct building *b, size_t s, const struct block *block,
					 const struct yaml_doc *file)
{
	const struct service *one = &b->req->plan->set->items[s];
	const struct yaml_doc *after = NULL;
	const char *where = NULL, *elsewhere;
	enum block_fate fate = block_find(b->a, block, file, &where);
	bool known = is_known(b, s, block, file);

	/* Somebody gave it another name: it is there. */
	if (b->set->layout.services[s] && !STR_EQ(b->set->layout.services[s], one->name))
		return NULL;
	if (fate == BLOCK_WHOLE || (known && !is_asked_for(b, one)))
		return NULL;
	elsewhere = fate == BLOCK_OTHER ? NULL : block_elsewhere(b->a, block, file, b->project->doc);
	if (elsewhere) {
		where = elsewhere;
		fate = BLOCK_OTHER;
	}
	if (fate != BLOCK_OTHER)
		after = block_put(b->a, block, file, &where);
	b->brought[s] = after && !state_has_service(b->a, &b->set->state, one->name);
	if (after || known)
		return after;
	b->set->layout.services[s] = NULL;
	if (fate == BLOCK_OTHER)
		tell(b, speaker(b, file, where),
		     arena_printf(b->a, _("%s is there and is not vpsfit's: no %s is put in"), where, one->name),
		     arena_printf(b->a, _("--%s %s says that there is to be none of vpsfit's"),
				  one->option ? one->option : one->name, one->option ? "none" : "no"));
	else
		tell(b, file->name,
		     arena_printf(b->a, _("%s cannot be put in: %s is written in another way"), one->name, where),
		     lines_are_in(b, one->name));
	return NULL;
}

/* A service that uses an entry of the section that is removed with the block; NULL: none. */
static const struct project_service *user_of(const struct service *one, const struct project *after,
					     const char *section, const struct yaml_node *entries, const char **ret_key)
{
	const struct project_service *user = NULL;

	for (size_t i = 0; !user && i + 1 < entries->count; i += 2) {
		const char *name = entries->items[i]->value;

		if (!STR_EQ(section, "services") || STR_EQ(name, one->name))
			user = project_user(after, section, name, ret_key);
	}
	return user;
}

/* The file in which the service's key names what it needs. */
static const char *where_named(const struct building *b, const struct project *p, const char *user, const char *key,
			       const char *name)
{
	struct project_value v;

	if (project_service_value(b->a, p, user, arena_printf(b->a, "%s/%s", key, name), &v) ||
	    project_service_value(b->a, p, user, key, &v))
		return v.file->path;
	return project_home(p, user)->path;
}

/* May the block go, since nothing else in the project uses it? If not, warns. */
static bool lets_go(const struct building *b, const struct service *one, const struct block *block,
		    const struct project *after)
{
	const struct yaml_node *root = block->doc->root;
	const char *hint = _("take that out too, then apply again"), *key;
	const struct project_service *user = NULL;

	if (project_service(after, one->name)) {
		tell(b, project_home(after, one->name)->path,
		     arena_printf(b->a, _("%s is not taken out: this file says something of it too"), one->name), hint);
		return false;
	}
	for (size_t i = 0; !user && i + 1 < root->count; i += 2)
		user = user_of(one, after, root->items[i]->value, root->items[i + 1], &key);
	if (!user)
		return true;
	tell(b, where_named(b, after, user->name, key, one->name),
	     arena_printf(b->a, _("%s is not taken out: the service '%s' needs it (%s)"), one->name, user->name, key),
	     hint);
	return false;
}

/* Is the project still valid without the block? If not, warns. */
static bool is_whole(struct building *b, const struct service *one, const struct block *block,
		     const struct yaml_doc *file)
{
	struct project *after;

	if (compose_set_try(b, file, &after) == 0)
		return lets_go(b, one, block, after);
	tell(b, file->name,
	     arena_printf(b->a, _("%s is not taken out: another service takes over what it says (extends)"), one->name),
	     _("take that out too, then apply again"));
	return false;
}

static void tell_of_out(struct building *b, const struct service *one, const struct yaml_doc *file)
{
	const struct machine *m = b->req->plan->machine;
	struct strbuf command = STRBUF_INIT;

	b->set->taken_out[b->set->taken_out_count++] = one->name;
	strbuf_puts(&command, "cd ");
	shell_word(&command, b->req->dir);
	strbuf_printf(&command, " && %s up -d --remove-orphans", m->engine.compose_command);
	diag_note(b->diags, "optional-service-out", SEV_INFO, file->name,
		  _("%s is taken out; what runs of it goes on until it is stopped"), one->name)
		->hint = arena_strdup(b->a, strbuf_text(&command));
	strbuf_clear(&command);
}

/* Returns the file without the block, or NULL if nothing of it is there, or a person changed it or needs it. */
static const struct yaml_doc *without_block(struct building *b, size_t s, const struct block *block,
					    const struct yaml_doc *file)
{
	const struct service *one = &b->req->plan->set->items[s];
	const struct yaml_doc *after = NULL;
	const char *where = NULL;
	enum block_fate fate = block_find(b->a, block, file, &where);
	bool known = is_known(b, s, block, file), overwrite = answer_edits(b->req->answers) == EDITS_OVERWRITE;

	if (fate == BLOCK_ABSENT || (!known && fate != BLOCK_WHOLE))
		return NULL;
	after = overwrite ? block_take_edited(b->a, block, file) : block_take(b->a, block, file);
	b->set->standing[s].unplanned = !after || !is_whole(b, one, block, after);
	if (after && b->set->standing[s].unplanned)
		return NULL;
	if (after)
		tell_of_out(b, one, file);
	else
		tell(b, file->name,
		     arena_printf(b->a, _("%s is not taken out: it was edited by hand (%s)"), one->name,
				  where ? where : "services"),
		     overwrite ? lines_are_in(b, one->name)
			       : _("it is counted, because it goes on; --overwrite-edits takes it out"));
	return after;
}

/* Appends the blocks of all optional services to *text: all the lines that the package can put into such a file. */
int blocks_shipped(struct building *b, const char **text)
{
	const struct service_set *set = b->req->plan->set;
	struct strbuf all = STRBUF_INIT;
	int rc = 0;

	strbuf_puts(&all, *text);
	for (size_t s = 0; rc == 0 && s < set->count; s++) {
		char *block;
		size_t len;

		if (set->items[s].optional_from == 0)
			continue;
		rc = building_template(b, block_file(b, set->items[s].name), &block, &len);
		if (rc == 0)
			strbuf_add(&all, block, len);
	}
	*text = arena_strdup(b->a, strbuf_text(&all));
	strbuf_clear(&all);
	return rc;
}

/*
 * Adds the blocks of planned optional services to the file and removes those of services that are no longer planned.
 * *ret is the new document, or NULL if it does not change. Returns 0, or a negative errno with an error in diags.
 */
int blocks_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct service_set *set = b->req->plan->set;
	int rc = 0;

	*ret = NULL;
	for (size_t s = 0; file->root && s < set->count; s++) {
		const struct yaml_doc *after;
		struct block block;

		/* A new stack is the template, which stands without them. */
		if (set->items[s].optional_from == 0 || (!b->req->plan->services[s].in && building_is_fresh(b)))
			continue;
		rc = load_block(b, set->items[s].name, &block);
		if (rc < 0)
			return rc;
		after = b->req->plan->services[s].in ? with_block(b, s, &block, file)
						     : without_block(b, s, &block, file);
		if (after)
			*ret = file = after;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The database of vpsfit's own stack: a service of it, or elsewhere. It goes out of the compose file and comes back as
 * a whole, with what the service with the workers says of it; its volume stays declared, and so do its data.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/names.h"
#include "core/stack_images.h"
#include "changes/volumes.h"
#include "compose/block.h"
#include "compose/env.h"
#include "compose/piece.h"
#include "compose/project_users.h"
#include "compose/same_tree.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "yaml/splice.h"

#define READS_ENV "${" ENV_DATABASE_URL
/* What waits for the database, as the package has it. */
#define WAITS "services:\n  %s:\n    depends_on:\n      %s:\n        condition: service_healthy\n"

/* What is moved. */
struct move {
	struct building *b;
	const struct yaml_doc *template;
	const struct service *database;
	size_t service;	     /* its index */
	const char *workers; /* the service with them, by its name in the file */
	const char *name;    /* of the database in the file; NULL: it is not there */
};

/* What the file says of the address: the scalar, or NULL. *ret_entry: of a list, which is left to a person. */
static const struct yaml_node *address_in(const struct yaml_doc *doc, struct arena *a, const char *workers,
					  bool *ret_entry)
{
	const struct yaml_node *all =
		doc->root ? yaml_path(doc->root, arena_printf(a, "services/%s/environment", workers)) : NULL;
	const size_t n = strlen(ENV_DATABASE_URL);

	*ret_entry = all && all->kind == YAML_SEQUENCE;
	for (size_t i = 0; *ret_entry && i < all->count; i++) {
		const char *text = yaml_text(all->items[i]);

		if (text && strncmp(text, ENV_DATABASE_URL, n) == 0 && (text[n] == '=' || text[n] == '\0'))
			return all->items[i];
	}
	return all && all->kind == YAML_MAPPING ? yaml_get(all, ENV_DATABASE_URL) : NULL;
}

/* Does what the last of the project's files says lead to .env? */
static bool reads_env(const struct project *p, struct arena *a, const char *workers)
{
	const char *text = NULL;
	bool entry;

	for (size_t i = 0; i < p->file_count; i++) {
		const struct yaml_node *is = address_in(p->files[i].doc, a, workers, &entry);

		text = yaml_is_scalar(is) ? is->value : text;
	}
	return text && strstr(text, READS_ENV);
}

/* Has the project no database of its own, and its workers an address from .env? The layout has all services' names. */
bool database_is_elsewhere(struct building *b, const struct owned_layout *layout)
{
	const struct service_set *set = b->req->plan->set;
	const size_t database = service_by_part(set, PART_DATABASE), w = service_by_part(set, PART_WORKERS);

	if (database == NO_SERVICE || w == NO_SERVICE || !layout->services[w])
		return false;
	if (layout->services[database] && project_service(b->project, layout->services[database]))
		return false;
	return reads_env(b->project, b->a, layout->services[w]);
}

static int refuse(const struct move *m, const char *why)
{
	struct building *b = m->b;
	const bool out = m->name != NULL;

	diag_add(b->diags, SEV_ERROR, b->compose->name,
		 out ? _("%s cannot be taken out for the database elsewhere: %s; nothing was written")
		     : _("%s cannot be put back in place of the database elsewhere: %s; nothing was written"),
		 m->database->name, why)
		->hint =
		out ? text_aprintf(
			      b->a,
			      _("do it by hand: take out the service %s and what depends on it, write %s: \"%s\" into "
				"the environment of %s, then apply again"),
			      m->name, ENV_DATABASE_URL, ENV_DATABASE_URL_READ, m->workers)
		    : text_aprintf(b->a, _("its lines are in %s"),
				   arena_printf(b->a, "%s/templates/" COMPOSE_FILE, b->req->data_dir));
	return -EINVAL;
}

/* Is its image one that the package's can take the place of, with its data? */
static bool has_usual_image(const struct move *m)
{
	const struct building *b = m->b;
	const char *path = arena_printf(b->a, "services/%s/image", m->database->name),
		   *text = yaml_text(yaml_path(b->compose->root, path));
	const struct stack_image is = stack_image_judge(b->a, b->req->plan->images, m->database, text);

	return is.row && (is.standing == IMAGE_CURRENT || is.standing == IMAGE_BEHIND);
}

/* Its image and all values that it owns may differ from the package's. */
static struct block block_of(const struct move *m)
{
	struct owned_value *owned = arena_array(m->b->a, MAX_OWNED + 1, sizeof(*owned));
	struct owned_layout all = {.file = COMPOSE_FILE, .own = true};
	size_t count;

	for (size_t s = 0; s < m->b->req->plan->set->count; s++)
		all.services[s] = m->b->req->plan->set->items[s].name;
	count = owned_values(m->b->a, m->b->req->plan, &all, owned);
	if (has_usual_image(m))
		owned[count++] = (struct owned_value){
			.path = arena_printf(m->b->a, "services/%s/image", m->database->name), .place = OWNED_SCALAR};
	return (struct block){m->template, m->database->name, owned, count, true};
}

static struct block waits_block(const struct move *m)
{
	const char *text = arena_printf(m->b->a, WAITS, m->workers, m->database->name);

	return (struct block){yaml_parse_quietly(m->b->a, COMPOSE_FILE, text, strlen(text)), NULL, NULL, 0, false};
}

static struct piece waits_piece(const struct move *m)
{
	const struct service_set *set = m->b->req->plan->set;

	return (struct piece){.path = arena_printf(m->b->a, "services/%s/depends_on", m->workers),
			      .from = m->template,
			      .from_path = arena_printf(m->b->a, "services/%s/depends_on",
							set->items[service_by_part(set, PART_WORKERS)].name)};
}

/* The file where the workers wait for the database no more, or wait for it; NULL: that is written in another way. */
static const struct yaml_doc *with_waiting(const struct move *m, const struct yaml_doc *file, bool put)
{
	const struct piece whole = waits_piece(m);
	const struct block entry = waits_block(m);
	enum piece_fate fate = piece_find(m->b->a, &whole, file);
	const char *where;

	if (fate == (put ? PIECE_THERE : PIECE_ABSENT))
		return file;
	if (fate == (put ? PIECE_ABSENT : PIECE_THERE))
		return put ? piece_put(m->b->a, &whole, file) : piece_take(m->b->a, &whole, file);
	return put ? block_put(m->b->a, &entry, file, &where) : block_take(m->b->a, &entry, file);
}

/* The file with another address; NULL: it cannot be written there without changing anything else. */
static const struct yaml_doc *with_address(const struct move *m, const struct yaml_doc *file, const char *from,
					   const char *to)
{
	bool entry;
	const struct yaml_node *is = address_in(file, m->b->a, m->workers, &entry);
	const struct yaml_doc *after;
	struct splice edit;
	struct tree_change change;

	/* A person's own way to read it stays. */
	if (yaml_is_scalar(is) && strstr(is->value, READS_ENV) && strstr(to, READS_ENV))
		return file;
	if (entry || !yaml_is_scalar(is) || yaml_anchor(is) || !STR_EQ(is->value, from))
		return NULL;
	edit = (struct splice){is->start, is->end, arena_printf(m->b->a, "\"%s\"", to)};
	change = (struct tree_change){is, to, true};
	after = splice_parsed(m->b->a, file, &edit, 1);
	return after && same_tree(file, after, &change, 1, NULL, 0) ? after : NULL;
}

/* As the package has it: no quotes in it. */
static const char *own_address(const struct move *m)
{
	const struct service_set *set = m->b->req->plan->set;
	bool entry;
	const struct yaml_node *is =
		address_in(m->template, m->b->a, set->items[service_by_part(set, PART_WORKERS)].name, &entry);

	return yaml_is_scalar(is) ? is->value : "";
}

/* Where its data are, for people. */
static const char *data_of(const struct move *m)
{
	struct building *b = m->b;
	const struct env_file *env = env_files_get(b, ".env");
	const struct database_place place = database_find(b->a, b->compose, m->database->data);
	const char *found = volumes_find(b->req->root, b->a, b->req->dir, env ? env->change.old_text : NULL, &place);

	return found ? found : place.volume ? place.volume : place.folder ? place.folder : m->database->name;
}

static void tell_out(const struct move *m)
{
	struct building *b = m->b;
	struct strbuf dir = STRBUF_INIT;

	b->set->taken_out[b->set->taken_out_count++] = m->name;
	shell_word(&dir, b->req->dir);
	diag_note(
		b->diags, "database-moves", SEV_WARNING, b->compose->name,
		_("%s is taken out, and the gateway goes on with the database of %s: keys, users, models and spending "
		  "that are recorded so far stay behind in %s; nothing of them is copied, and nothing deleted"),
		m->name, ENV_DATABASE_URL, data_of(m))
		->hint = text_aprintf(
		b->a,
		_("to take them along, first fill the new database, while this one still runs: cd %s && %s exec -T %s "
		  "pg_dump --no-owner --no-acl -U litellm litellm >litellm.sql, then psql -f litellm.sql there; %s stays "
		  "the same"),
		strbuf_text(&dir), b->req->plan->machine->engine.compose_command, m->name, "LITELLM_SALT_KEY");
	strbuf_clear(&dir);
}

static void tell_back(const struct move *m)
{
	struct building *b = m->b;

	diag_note(
		b->diags, "database-moves", SEV_WARNING, b->compose->name,
		_("%s comes back into the stack with what its volume holds, or empty: what is recorded in the database "
		  "of %s stays there, and nothing of it is copied"),
		m->database->name, ENV_DATABASE_URL)
		->hint = _("to take that along, fill the new database with pg_dump and psql before anybody uses it");
}

/* Why the project would not do without the database; NULL: it would. */
static const char *needed_by(const struct move *m, const struct yaml_doc *after)
{
	struct building *b = m->b;
	const struct project_service *user;
	struct project *project;
	const char *key;

	if (compose_set_try(b, after, &project) < 0)
		return _("another service takes over what it says (extends)");
	if (project_service(project, m->name))
		return arena_printf(b->a, _("%s says something of it too"), project_home(project, m->name)->path);
	if (!reads_env(project, b->a, m->workers))
		return arena_printf(b->a, _("another file says %s of %s too"), ENV_DATABASE_URL, m->workers);
	user = project_user(project, "services", m->name, &key);
	return user ? arena_printf(b->a, _("the service '%s' needs it (%s)"), user->name, key) : NULL;
}

static int take_out(const struct move *m, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct block block = block_of(m);
	const struct yaml_doc *after = file;
	const char *where = "services", *why, *other = database_user(m->b, m->name, m->workers);

	if (other)
		return refuse(m, arena_printf(m->b->a, _("the service '%s' uses it too"), other));
	if (!STR_EQ(m->name, m->database->name))
		return refuse(m, arena_printf(m->b->a, _("it is called '%s' here"), m->name));
	if (block_find(m->b->a, &block, file, &where) != BLOCK_WHOLE)
		return refuse(m, arena_printf(m->b->a, _("it was edited by hand (%s)"), where));
	after = with_address(m, after, own_address(m), ENV_DATABASE_URL_READ);
	if (!after)
		return refuse(m, arena_printf(m->b->a, _("%s of %s was edited by hand"), ENV_DATABASE_URL, m->workers));
	after = with_waiting(m, after, false);
	after = after ? block_take(m->b->a, &block, after) : NULL;
	if (!after)
		return refuse(m, _("it is written in another way than vpsfit can take it out of"));
	why = needed_by(m, after);
	if (why)
		return refuse(m, why);
	if (!building_is_fresh(m->b))
		tell_out(m);
	*ret = after;
	return 0;
}

static int put_back(const struct move *m, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct block block = block_of(m);
	const struct yaml_doc *after;
	const char *where = "services";

	after = with_address(m, file, ENV_DATABASE_URL_READ, own_address(m));
	if (!after)
		return refuse(m, arena_printf(m->b->a, _("%s of %s was edited by hand"), ENV_DATABASE_URL, m->workers));
	after = with_waiting(m, after, true);
	after = after ? block_put(m->b->a, &block, after, &where) : NULL;
	if (!after)
		return refuse(m, arena_printf(m->b->a, _("%s is in the way, or written in another way"), where));
	m->b->brought[m->service] = true;
	tell_back(m);
	*ret = after;
	return 0;
}

/*
 * Takes the database out of the stack's compose file, or puts it back, as the answers want it. *ret is the new
 * document, or NULL if it does not change. Returns 0, or -EINVAL with an error where that cannot be done.
 */
int database_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct service_set *set = b->req->plan->set;
	struct owned_layout layout = {.own = true};
	struct move m = {.b = b, .service = service_by_part(set, PART_DATABASE)};
	size_t w = service_by_part(set, PART_WORKERS);
	int rc;

	*ret = NULL;
	if (m.service == NO_SERVICE || w == NO_SERVICE || !file->root)
		return 0;
	for (size_t s = 0; s < set->count; s++)
		layout.services[s] = set->items[s].name;
	names_follow(b->a, b->project, set, &b->set->state, &layout);
	m.database = &set->items[m.service];
	m.workers = layout.services[w];
	m.name = layout.services[m.service];
	if (!m.workers || (b->req->answers->database_elsewhere ? !m.name : m.name || !b->req->answers->database_own))
		return 0;
	rc = building_template_tree(b, COMPOSE_FILE, &m.template);
	if (rc < 0)
		return rc;
	return m.name ? take_out(&m, file, ret) : put_back(&m, file, ret);
}

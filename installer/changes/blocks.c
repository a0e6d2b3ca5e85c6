/* SPDX-License-Identifier: MIT */
/*
 * Optional services of vpsfit's own stack: adds the block of each to the compose file, or removes it, before the values
 * are looked at. What a person removed or changed stays so.
 */
#include <string.h>

#include "changes/building.h"
#include "compose/block.h"
#include "core/i18n.h"
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
	const char *name = block_file(b, service);
	struct yaml_doc *doc;
	char *text;
	size_t len;
	int rc = building_template(b, name, &text, &len);

	if (rc == 0)
		rc = yaml_parse(b->a, name, text, len, b->diags, &doc);
	if (rc == 0)
		*ret = (struct block){doc, service, owned, owned_of_all(b, owned)};
	return rc;
}

/* Is the compose file the template, because there is none on disk yet? */
static bool is_fresh(const struct building *b)
{
	for (size_t i = 0; i < b->part_count; i++)
		if (b->parts[i].doc == b->compose)
			return b->parts[i].fresh;
	return true;
}

/* Did an earlier apply write the service into the existing file? */
static bool is_remembered(const struct building *b, const char *service)
{
	return !is_fresh(b) && state_has_service(b->a, &b->set->state, service);
}

/* Was it asked for in this run, not only remembered? */
static bool is_asked_for(const struct building *b, const struct service *s)
{
	return s->answer >= 0 && b->req->answers->of[s->answer].origin > ORIGIN_REMEMBERED &&
	       answer_number(b->req->answers, (enum answer_id)s->answer) > 0;
}

static void tell(const struct building *b, const struct yaml_doc *file, const char *text, const char *hint)
{
	diag_add(b->diags, SEV_WARNING, file->name, "%s", text)->hint = hint;
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
	const char *where = NULL;
	enum block_fate fate = block_find(b->a, block, file, &where);
	bool known = is_remembered(b, one->name);

	if (fate == BLOCK_WHOLE || (known && !is_asked_for(b, one)))
		return NULL;
	if (fate != BLOCK_OTHER)
		after = block_put(b->a, block, file, &where);
	b->brought[s] = after && !state_has_service(b->a, &b->set->state, one->name);
	if (after || known)
		return after;
	b->set->layout.services[s] = NULL;
	if (fate == BLOCK_OTHER)
		tell(b, file,
		     arena_printf(b->a, _("%s is there and is not vpsfit's: no %s is put in"), where, one->name),
		     arena_printf(b->a, _("--%s no says that there is to be none of vpsfit's"), one->name));
	else
		tell(b, file,
		     arena_printf(b->a, _("%s cannot be put in: %s is written in another way"), one->name, where),
		     lines_are_in(b, one->name));
	return NULL;
}

/* Returns the file without the block, or NULL if nothing of it is there or a person changed it. */
static const struct yaml_doc *without_block(const struct building *b, const struct service *one,
					    const struct block *block, const struct yaml_doc *file)
{
	const struct yaml_doc *after = NULL;
	const char *where = NULL;
	enum block_fate fate = block_find(b->a, block, file, &where);
	bool known = is_remembered(b, one->name);

	if (fate == BLOCK_ABSENT || (!known && fate != BLOCK_WHOLE))
		return NULL;
	if (fate != BLOCK_OTHER)
		after = block_take(b->a, block, file);
	if (after)
		diag_add(b->diags, SEV_INFO, file->name,
			 _("%s is taken out; what runs of it goes on until it is stopped"), one->name)
			->hint = "docker compose up -d --remove-orphans";
	if (!after)
		tell(b, file,
		     arena_printf(b->a, _("%s is not taken out: it was edited by hand (%s)"), one->name,
				  where ? where : "services"),
		     lines_are_in(b, one->name));
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

		if (set->items[s].optional_from == 0)
			continue;
		rc = load_block(b, set->items[s].name, &block);
		if (rc < 0)
			return rc;
		after = b->req->plan->services[s].in ? with_block(b, s, &block, file)
						     : without_block(b, &set->items[s], &block, file);
		if (after)
			*ret = file = after;
	}
	return 0;
}

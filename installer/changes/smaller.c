/* SPDX-License-Identifier: MIT */
/*
 * Smaller images of services of vpsfit's own stack: in a new stack as planned, in one that is there only if this run
 * asks for it. The image is an owned value; what it needs in the compose file besides is put in once, and is a
 * person's then.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/volumes.h"
#include "compose/block.h"
#include "compose/database.h"
#include "core/i18n.h"
#include "core/strbuf.h"

static const struct service *service_at(const struct building *b, size_t s)
{
	return &b->req->plan->set->items[s];
}

static bool is_fresh(const struct building *b)
{
	return b->part_count > 0 && b->parts[0].fresh;
}

/* Was one of the images asked for in this run, not only remembered? */
static bool is_asked_for(const struct building *b, size_t s)
{
	int id = service_at(b, s)->answer;

	return id >= 0 && b->req->answers->of[id].origin > ORIGIN_REMEMBERED && b->req->answers->of[id].text;
}

/* Index of the service that then needs another image; NO_SERVICE: none. */
static size_t brought_by(const struct building *b, size_t s)
{
	const char *name = service_at(b, s)->smaller.brings;

	return name ? service_find(b->req->plan->set, name) : NO_SERVICE;
}

static const char *block_file(const struct building *b, size_t s)
{
	const struct service *one = service_at(b, s);

	return arena_printf(b->a, "services/%s.%s.compose.yaml", one->name, one->smaller.variant);
}

static void warn(const struct building *b, const char *code, const char *text, const char *hint)
{
	diag_note(b->diags, code, SEV_WARNING, b->compose->name, "%s", text)->hint = hint;
}

/*
 * Appends what the package can put into the compose file for smaller images, so that no secret is taken for its
 * text.
 */
int smaller_shipped(struct building *b, const char **text)
{
	int rc = 0;

	for (size_t s = 0; rc == 0 && s < b->req->plan->set->count; s++) {
		char *block;
		size_t len;

		if (!service_at(b, s)->smaller.brings)
			continue;
		rc = building_template(b, block_file(b, s), &block, &len);
		if (rc == 0)
			*text = arena_join(b->a, *text, block);
	}
	return rc;
}

static int load_block(const struct building *b, size_t s, struct block *ret)
{
	const struct yaml_doc *doc;
	int rc = building_template_tree(b, block_file(b, s), &doc);

	if (rc < 0)
		return rc;
	*ret = (struct block){doc, NULL, NULL, 0, false};
	return block_check(ret, b->diags);
}

/* Why the image cannot be replaced where it stands; NULL: it can, and what is written there holds. */
static const char *not_in_place(const struct building *b, size_t s)
{
	const char *name = b->set->layout.services[s];
	const struct yaml_node *image =
		name ? yaml_path(b->compose->root, arena_printf(b->a, "services/%s/image", name)) : NULL;
	struct project_value v;

	if (name && project_service_value(b->a, b->project, name, "image", &v) && v.file->doc != b->compose)
		return _("its image is set in another file that Compose merges");
	if (!yaml_is_scalar(image) || strchr(image->value, '$'))
		return _("its image is put together from variables or taken over from elsewhere");
	return NULL;
}

/*
 * Can the service of that index go on with its data under the image of that row? The same major version on the same
 * system does: on another one, text sorts differently and indexes are wrong.
 */
static bool goes_on(const struct building *b, size_t s, const struct image_row *row)
{
	const struct stack_image is = images_now(b, s);
	const char *variant = stack_image_variant(&is);

	if (!row || !is.row)
		return false;
	if (variant && STR_EQ(variant, row->variant))
		return true;
	return !variant && image_in_line(is.tag, row->line) &&
	       (is.standing == IMAGE_CURRENT || is.standing == IMAGE_AHEAD || is.standing == IMAGE_BEHIND);
}

static const struct image_row *brought_row(const struct building *b, size_t s)
{
	const struct service_smaller *smaller = &service_at(b, s)->smaller;

	return image_find(b->req->plan->images, smaller->brings, smaller->brings_variant);
}

static void tell_off(const struct building *b, size_t s, const char *why)
{
	const struct service *one = service_at(b, s);

	warn(b, "documents-off",
	     arena_printf(b->a, _("%s finds no documents with its %s image: %s"), one->name, one->smaller.variant, why),
	     arena_printf(b->a, _("the lines that it wants are in %s/templates/%s"), b->req->data_dir,
			  block_file(b, s)));
}

/* Puts in what the smaller image of a service needs. Returns the new document, or NULL if the file stays as it is. */
static const struct yaml_doc *with_block(struct building *b, size_t s, const struct block *block,
					 const struct yaml_doc *file)
{
	const struct yaml_doc *after;
	const char *where = NULL, *elsewhere;
	enum block_fate fate = block_find(b->a, block, file, &where);

	if (fate == BLOCK_WHOLE) {
		b->brings[brought_by(b, s)] = b->brought_before[brought_by(b, s)] = true;
		return NULL;
	}
	elsewhere = fate == BLOCK_OTHER ? NULL : block_elsewhere(b->a, block, file, b->project->doc);
	if (fate == BLOCK_OTHER || elsewhere) {
		diag_note(b->diags, "documents-off", SEV_INFO, file->name,
			  _("%s is there and is not vpsfit's: it stays, and so does the image of %s"),
			  elsewhere ? elsewhere : where, service_at(b, s)->smaller.brings);
		return NULL;
	}
	after = block_put(b->a, block, file, &where);
	b->brings[brought_by(b, s)] = after != NULL;
	if (!after)
		tell_off(b, s, arena_printf(b->a, _("%s is written in another way than vpsfit can add to"), where));
	return after;
}

/* Why the service that is brought cannot have the image that it should; NULL: it can. */
static const char *obstacle(const struct building *b, size_t s)
{
	const struct image_row *row = brought_row(b, s);
	const struct stack_image is = images_now(b, brought_by(b, s));

	const char *variant = stack_image_variant(&is);
	bool there = row && variant && STR_EQ(variant, row->variant);

	if (is_fresh(b) || there || (goes_on(b, brought_by(b, s), row) && !not_in_place(b, brought_by(b, s))))
		return NULL;
	if (goes_on(b, brought_by(b, s), row))
		return arena_printf(b->a, "%s: %s", service_at(b, s)->smaller.brings,
				    not_in_place(b, brought_by(b, s)));
	return arena_printf(b->a, _("%s runs %s, and %s may not go on with its data"), service_at(b, s)->smaller.brings,
			    is.tag ? is.tag : _("an image that vpsfit does not know"),
			    row ? image_reference(b->a, row) : "?");
}

/* The lines that would be put in name it as the package does. */
static bool is_renamed(const struct building *b, size_t s)
{
	const size_t brought = brought_by(b, s);

	return !b->set->layout.services[s] || !STR_EQ(b->set->layout.services[s], service_at(b, s)->name) ||
	       !b->set->layout.services[brought] ||
	       !STR_EQ(b->set->layout.services[brought], service_at(b, brought)->name);
}

/*
 * Adds to the file what planned smaller images need besides. *ret is the new document, or NULL if it does not change.
 * Returns 0, or a negative errno with an error in diags.
 */
int smaller_put(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct plan *p = b->req->plan;

	*ret = NULL;
	for (size_t s = 0; file->root && s < p->set->count; s++) {
		const struct yaml_doc *after;
		const char *why;
		struct block block;

		if (brought_by(b, s) == NO_SERVICE || !p->services[s].variant || !(is_fresh(b) || is_asked_for(b, s)) ||
		    is_renamed(b, s))
			continue;
		why = obstacle(b, s);
		if (why) {
			tell_off(b, s, why);
			continue;
		}
		if (load_block(b, s, &block) < 0)
			return -EINVAL;
		after = with_block(b, s, &block, file);
		if (after)
			*ret = file = after;
	}
	return 0;
}

/* Why the image that is there cannot be changed for the other one of its service; NULL: it can. */
static const char *stands_fast(const struct building *b, size_t s, const struct stack_image *is)
{
	if (!is->row)
		return _("its image is none that vpsfit wrote");
	if (is->standing == IMAGE_AHEAD)
		return arena_printf(b->a, _("it runs %s, which is newer, and its data does not go back"), is->tag);
	return not_in_place(b, s);
}

static int refuse(const struct building *b, size_t s, const struct image_row *row, const char *why)
{
	diag_add(b->diags, SEV_ERROR, b->compose->name, _("%s cannot get the image %s: %s; nothing was written"),
		 service_at(b, s)->name, image_reference(b->a, row), why)
		->hint = _("write the image there yourself, then apply again");
	return -EINVAL;
}

/*
 * What the usual image kept and the smaller one cannot read, if there is such, or may be. A stack that had the
 * smaller one before keeps it where both read it.
 */
static void tell_left(struct building *b, size_t s)
{
	const struct service *one = service_at(b, s);
	const struct service_smaller *smaller = &one->smaller;
	const struct env_file *env = env_files_get(b, ".env");
	struct database_place place;
	enum volume_data data;

	if (!smaller->data || (brought_by(b, s) != NO_SERVICE && b->brought_before[brought_by(b, s)]))
		return;
	place = database_find(b->a, b->compose, smaller->data);
	data = volumes_hold(b->req->root, b->a, b->req->dir, env ? env->change.old_text : NULL, &place, smaller->signs,
			    smaller->sign_count);
	if (data == VOLUME_EMPTY)
		return;
	warn(b, "documents-left",
	     data == VOLUME_HOLDS
		     ? arena_printf(b->a, _("%s has documents: %s"), one->name, _(smaller->left))
		     : arena_printf(b->a, _("whether %s has documents cannot be seen from here; if so: %s"), one->name,
				    _(smaller->left)),
	     arena_printf(b->a, _("'vpsfit rollback' brings the usual image back, and it finds them again")));
}

/* Changes the image of a service that is there, if this run asks for the other one. */
static int change(struct building *b, size_t s)
{
	const struct plan *p = b->req->plan;
	const char *wanted = p->services[s].variant;
	const struct stack_image is = images_now(b, s);
	const char *now = stack_image_variant(&is), *why;
	const struct image_row *row = image_find(p->images, service_at(b, s)->name, wanted);

	if (!row || (is.row && (wanted ? now && STR_EQ(now, wanted) : !now)))
		return 0;
	why = stands_fast(b, s, &is);
	if (why)
		return refuse(b, s, row, why);
	b->set->layout.images[s] = image_reference(b->a, row);
	b->set->layout.their_images[s] = false;
	if (wanted)
		tell_left(b, s);
	return 0;
}

/*
 * The service that is brought gets its image with the block, unless it has it. It keeps that when the block's
 * owner goes back.
 */
static void change_brought(struct building *b, size_t s)
{
	size_t brought = brought_by(b, s);
	const struct image_row *row = brought == NO_SERVICE || !b->brings[brought] ? NULL : brought_row(b, s);
	const struct stack_image is = images_now(b, row ? brought : s);
	const char *now = stack_image_variant(&is);

	if (!row || (now && STR_EQ(now, row->variant)))
		return;
	b->set->layout.images[brought] = image_reference(b->a, row);
	b->set->layout.their_images[brought] = false;
}

/*
 * Fills in the layout's images where this run asks for another image of a service that is there. Returns 0, or -EINVAL
 * with an error if it cannot be had.
 */
int smaller_settle(struct building *b)
{
	int rc = 0;

	for (size_t s = 0; rc == 0 && s < b->req->plan->set->count; s++) {
		if (!service_at(b, s)->smaller.variant || is_fresh(b) || !is_asked_for(b, s) ||
		    !b->set->layout.services[s])
			continue;
		rc = change(b, s);
		if (rc == 0 && b->req->plan->services[s].variant)
			change_brought(b, s);
	}
	return rc;
}

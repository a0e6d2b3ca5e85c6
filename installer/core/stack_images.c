/* SPDX-License-Identifier: MIT */
#include "core/stack_images.h"

#include <string.h>

/* The row of a database's repository, whatever its tag says of major version and Debian. */
static const struct image_row *database_row(struct arena *a, const struct image_set *images, const char *service,
					    const char *text)
{
	for (size_t i = 0; i < images->count; i++)
		if (STR_EQ(images->items[i].service, service) && image_same_repository(a, text, images->items[i].image))
			return &images->items[i];
	return NULL;
}

static enum image_standing standing_of(const struct stack_image *image, bool same_base)
{
	enum image_age age = image_age(image->tag, image->row->tag);

	if (age == IMAGE_SAME)
		return same_base ? IMAGE_CURRENT : IMAGE_UNKNOWN;
	if (age != IMAGE_OLDER)
		return age == IMAGE_NEWER ? IMAGE_AHEAD : IMAGE_UNKNOWN;
	if (same_base)
		return IMAGE_BEHIND;
	return image_in_line(image->tag, image->row->line) ? IMAGE_BEHIND_BASE : IMAGE_BEHIND_MAJOR;
}

/*
 * Holds the image of a service against those that vpsfit writes. text is the reference with variables filled in, or
 * NULL. Of what cannot be told from it, nothing is claimed. Texts are allocated from a; the rest is borrowed.
 */
struct stack_image stack_image_judge(struct arena *a, const struct image_set *images, const struct service *service,
				     const char *text)
{
	struct stack_image image = {.text = text};
	struct image_ref ref;
	bool same_base;

	if (!text || !image_split(a, text, &ref) || ref.digest)
		return image;
	image.tag = ref.tag ? ref.tag : "latest";
	image.row = image_row_of(a, images, service->name, &ref);
	same_base = image.row != NULL;
	if (!image.row && service->part == PART_DATABASE)
		image.row = database_row(a, images, service->name, text);
	if (!image.row)
		return image;
	/* A tag of the same kind, and yet of another major version: "15.4-bookworm". */
	if (service->part == PART_DATABASE && !image_in_line(image.tag, image.row->line))
		same_base = false;
	image.standing = standing_of(&image, same_base);
	return image;
}

static bool is_published(struct arena *a, const struct image_row *row, const char *repository)
{
	struct image_ref own;

	if (image_split(a, row->image, &own) && STR_EQ(own.repository, repository))
		return true;
	for (size_t i = 0; i < row->name_count; i++)
		if (STR_EQ(row->names[i], repository))
			return true;
	return false;
}

static const char *last_part(const char *repository)
{
	const char *slash = strrchr(repository, '/');

	return slash ? slash + 1 : repository;
}

/* Is it called as its makers call it? A mirror or a build of somebody's own often is. */
static bool is_called_so(struct arena *a, const struct image_row *row, const char *repository)
{
	struct image_ref own;

	if (image_split(a, row->image, &own) && STR_EQ(last_part(own.repository), last_part(repository)))
		return true;
	for (size_t i = 0; i < row->name_count; i++)
		if (STR_EQ(last_part(row->names[i]), last_part(repository)))
			return true;
	return false;
}

/* A version counts in each of its spellings, and of mirrors too; a rolling tag only in its makers' repositories. */
static bool is_never(struct arena *a, const struct image_row *row, const struct image_never *never,
		     const struct image_ref *ref)
{
	struct image_version v;
	const char *tag = ref->tag ? ref->tag : "latest";

	if (!image_version(never->tag, &v))
		return STR_EQ(tag, never->tag) && is_published(a, row, ref->repository);
	return image_age(tag, never->tag) == IMAGE_SAME && is_called_so(a, row, ref->repository);
}

/* Why an image of the service must not run; NULL: nothing is known against it. A digest is not looked behind. */
const struct image_never *stack_image_never(struct arena *a, const struct image_set *images, const char *service,
					    const char *text)
{
	struct image_ref ref;

	if (!text || !image_split(a, text, &ref) || ref.digest)
		return NULL;
	for (size_t i = 0; i < images->count; i++)
		for (size_t k = 0; STR_EQ(images->items[i].service, service) && k < images->items[i].never_count; k++)
			if (is_never(a, &images->items[i], &images->items[i].never[k], &ref))
				return &images->items[i].never[k];
	return NULL;
}

/* The variant that it runs; NULL: the usual one, or not known. Releases older than the variant's first do not count. */
const char *stack_image_variant(const struct stack_image *image)
{
	const struct image_row *row = image->row;

	if (!row || !row->variant || (row->since && image_age(image->tag, row->since) == IMAGE_OLDER))
		return NULL;
	return row->variant;
}

/* Does the model say which images it was measured with? */
bool model_has_images(const struct cost_model *m)
{
	for (size_t s = 0; s < MAX_SERVICES; s++)
		if (m->images[s])
			return true;
	return false;
}

/* A tag without a version may be of any line. */
static bool is_of_line(const struct stack_image *image, const char *line, bool *known)
{
	struct image_version v;

	*known = image->tag && image_version(image->tag, &v);
	return *known && image_in_line(image->tag, line);
}

/* Index of the first service that runs another release line than the model was measured with; NO_SERVICE: none does. */
size_t model_other_image(const struct cost_model *m, const struct stack_images *stack)
{
	bool known;

	for (size_t s = 0; stack && stack->known && s < MAX_SERVICES; s++)
		if (m->images[s] && !is_of_line(&stack->of[s], m->images[s], &known) && known)
			return s;
	return NO_SERVICE;
}

/*
 * May the model be taken for the stack without being asked for? The shipped ones were measured with vpsfit's own
 * stack, whose workers share their memory: in somebody else's they take the place of a default that was measured so
 * too, and no other.
 */
static bool may_be_taken(const struct cost_model_set *set, const struct cost_model *m, const struct stack_images *stack)
{
	const struct cost_model *usual = cost_model_find(set, set->default_name);

	return stack->own || !m->shipped || (usual && model_has_images(usual));
}

/*
 * The model that was measured with the stack's release lines: that of the workers, and no other one of the others.
 * Later ones go first, for they are the administrator's. NULL: there is none.
 */
const struct cost_model *model_of_images(const struct cost_model_set *set, const struct service_set *services,
					 const struct stack_images *stack)
{
	size_t workers = service_by_part(services, PART_WORKERS);
	bool known;

	for (size_t i = set->count; stack && stack->known && workers != NO_SERVICE && i-- > 0;) {
		const struct cost_model *m = &set->items[i];

		if (m->images[workers] && may_be_taken(set, m, stack) &&
		    is_of_line(&stack->of[workers], m->images[workers], &known) &&
		    model_other_image(m, stack) == NO_SERVICE)
			return m;
	}
	return NULL;
}

/*
 * The cost model where nobody asked for one. An upgrade of the package moves no limit: the model that the stack was
 * last applied with (NULL: never, or not known) holds, unless the stack's images have changed since and there is one
 * for them. Otherwise it is the one for the stack's images, else the default. NULL: the default does not exist.
 */
const struct cost_model *model_choose(const struct cost_model_set *set, const struct service_set *services,
				      const struct stack_images *stack, const char *applied)
{
	const struct cost_model *held = applied ? cost_model_find(set, applied) : NULL;
	const struct cost_model *of_images = model_of_images(set, services, stack);

	if (held && !(stack && stack->moved) && (!of_images || model_other_image(held, stack) == NO_SERVICE))
		return held;
	return of_images ? of_images : cost_model_find(set, set->default_name);
}

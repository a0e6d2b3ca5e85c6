/* SPDX-License-Identifier: MIT */
/* Reads the images of the stack: a document with `kind: images`. vpsfit-profile(5) describes the keys. */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"

#define NEVER_AT(member) offsetof(struct image_never, member)

static const struct field never_fields[] = {
	{"tag", FIELD_TEXT, NEVER_AT(tag), true, NULL, NULL, "the tag; a version also stands for its other spellings"},
	{"why", FIELD_TEXT, NEVER_AT(why), true, NULL, NULL, "what is wrong with it"},
};

static int read_never(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	const struct list_of tags = {_("a tag never to be used"), never_fields, ARRAY_SIZE(never_fields),
				     sizeof(struct image_never), MAX_IMAGE_ITEMS};
	struct image_row *row = object;
	const void *items;

	if (fields_read_list(r, node, &tags, &items, &row->never_count) < 0)
		return -EINVAL;
	memcpy(row->never, items, row->never_count * sizeof(row->never[0]));
	return 0;
}

static int read_earlier(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct image_row *row = object;

	return field_texts(r, node, ARRAY_SIZE(row->earlier), row->earlier, &row->earlier_count);
}

static int read_names(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct image_row *row = object;

	return field_texts(r, node, ARRAY_SIZE(row->names), row->names, &row->name_count);
}

#define ROW_AT(member) offsetof(struct image_row, member)

static const struct field row_fields[] = {
	{"service", FIELD_NAME, ROW_AT(service), true, NULL, NULL, "the service that runs it"},
	{"variant", FIELD_NAME, ROW_AT(variant), false, NULL, NULL,
	 "which of the service's images it is, where it has several; the usual one has none"},
	{"image", FIELD_TEXT, ROW_AT(image), true, NULL, NULL, "the repository, without a tag"},
	{"tag", FIELD_TEXT, ROW_AT(tag), true, NULL, NULL, "the tag that a new stack is written with"},
	{"since", FIELD_TEXT, ROW_AT(since), false, NULL, NULL,
	 "of a variant: the tag of the first release of it, where older ones of that name were another thing"},
	{"line", FIELD_TEXT, ROW_AT(line), true, NULL, NULL,
	 "the release line of the tag; cost models name it under 'images'"},
	{"why", FIELD_TEXT, ROW_AT(why), true, NULL, NULL, "why this line"},
	{"supported_until", FIELD_TEXT, ROW_AT(supported_until), true, NULL, NULL,
	 "until when its makers give it fixes, as far as they say"},
	{"older", FIELD_TEXT, ROW_AT(older), false, NULL, NULL, "what is wrong with older ones"},
	{"older_than", FIELD_TEXT, ROW_AT(older_than), false, NULL, NULL,
	 "the tag from which on that is mended; without it, the one of today"},
	{"earlier", FIELD_CUSTOM, 0, false, NULL, read_earlier,
	 "the tags that earlier versions of vpsfit wrote, so that they are not taken for somebody's edit"},
	{"names", FIELD_CUSTOM, 0, false, NULL, read_names,
	 "other repositories that the same makers publish it in, without a registry"},
	{"never", FIELD_CUSTOM, 0, false, NULL, read_never,
	 "tags that must not run: a list of mappings, for all images of the service"},
};

static int check_row(const struct fields_reader *r, const struct yaml_node *node, const struct service_set *services,
		     const struct image_row *row)
{
	struct image_ref ref;

	if (service_find(services, row->service) == NO_SERVICE)
		return field_error(r, yaml_get(node, "service"), _("there is no service '%s'"), row->service);
	if (!image_split(r->arena, row->image, &ref) || ref.tag || ref.digest)
		return field_error(r, yaml_get(node, "image"),
				   _("a repository without tag and digest is expected here"));
	if (!image_split(r->arena, image_reference(r->arena, row), &ref) || ref.digest)
		return field_error(r, yaml_get(node, "tag"), _("this is not a valid tag of an image"));
	if (!image_in_line(row->tag, row->line))
		return field_error(r, yaml_get(node, "line"), _("the tag %s is not of the line %s"), row->tag,
				   row->line);
	for (size_t i = 0; i < row->never_count; i++)
		if (STR_EQ(row->never[i].tag, row->tag))
			return field_error(r, yaml_get(node, "tag"), _("this tag is one of those never to be used"));
	return 0;
}

/* The rows, into the set, which a second document replaces. */
static int read_rows(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	const struct list_of rows = {_("an image"), row_fields, ARRAY_SIZE(row_fields), sizeof(struct image_row),
				     MAX_IMAGES};
	struct image_set *set = object;
	const void *items;

	if (fields_read_list(r, node, &rows, &items, &set->count) < 0)
		return -EINVAL;
	memcpy(set->items, items, set->count * sizeof(set->items[0]));
	return 0;
}

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static const struct field set_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, ignore_kind, "the word images"},
	{"images", FIELD_CUSTOM, 0, true, NULL, read_rows, "a list of mappings, one an image"},
};

/* Reads the images of the services. Returns 0, or -EINVAL with errors in diags and *ret unchanged. */
int read_images(const struct fields_reader *r, const struct service_set *services, struct image_set *ret)
{
	struct image_set *set = arena_alloc(r->arena, sizeof(*set));
	int rc;

	*set = (struct image_set){.count = 0, .file = r->doc->name};
	rc = fields_read(r, r->doc->root, _("a file of images"), set_fields, ARRAY_SIZE(set_fields), set);
	for (size_t i = 0; rc == 0 && i < set->count; i++) {
		const struct yaml_node *node = yaml_get(r->doc->root, "images")->items[i];
		const struct image_row *row = &set->items[i];

		rc = check_row(r, node, services, row);
		if (rc == 0 && image_find(set, row->service, row->variant) != row)
			rc = field_error(r, node, _("there is an image of this service and variant already"));
	}
	if (rc == 0)
		*ret = *set;
	return rc;
}

const struct field_group images_groups[] = {
	{"images", "Images", set_fields, ARRAY_SIZE(set_fields)},
	{"image", "An image", row_fields, ARRAY_SIZE(row_fields)},
	{"never", "A tag never to be used", never_fields, ARRAY_SIZE(never_fields)},
};
const size_t images_group_count = ARRAY_SIZE(images_groups);

/* SPDX-License-Identifier: MIT */
/* Reads the usual cost of a program: a document with `kind: usual-cost`. vpsfit-profile(5) describes the keys. */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/images.h"

static int read_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)object;
	if (!yaml_is_scalar(node) || !STR_EQ(node->value, "usual-cost"))
		return field_error(r, node, _("only 'kind: usual-cost' is read in this folder"));
	return 0;
}

static int read_usual_images(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct usual_cost *cost = object;

	return field_texts(r, node, ARRAY_SIZE(cost->images), cost->images, &cost->image_count);
}

#define AT(member) offsetof(struct usual_cost, member)

static const struct field usual_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, read_kind, "the word usual-cost"},
	{"name", FIELD_NAME, AT(name), true, NULL, NULL, "the name of the file without .yaml, and of the images"},
	{"title", FIELD_TEXT, AT(title), true, NULL, NULL, "one line for people"},
	{"images", FIELD_CUSTOM, 0, true, NULL, read_usual_images,
	 "the repositories that it is published in, with their registries and without tags; the last part of each is the name. "
	 "Another owner's image of that name, or one in another registry, is not taken for it"},
	{"same_as", FIELD_NAME, AT(same_as), false, NULL, NULL,
	 "another file of the package, which has the figures of the same program; then none of the keys below is here"},
	{"idle_mib", FIELD_MIB, AT(idle_mib), false, NULL, NULL,
	 "what it usually uses when nobody asks it for anything; without it what it uses counts as not known, unless the compose "
	 "file declares it"},
	{"floor_mib", FIELD_MIB, AT(floor_mib), false, NULL, NULL, "with less it does not run"},
	{"depends_on", FIELD_TEXT, AT(depends_on), false, NULL, NULL,
	 "what its use depends on where that is more than its idle use, for people"},
	{"unknown", FIELD_TEXT, AT(unknown), false, NULL, NULL,
	 "why there is no idle_mib; where there is none, this or depends_on is required"},
	{"source", FIELD_TEXT, AT(source), false, NULL, NULL,
	 "where the figures are from, with a date; required where there is one"},
};

/* The name that the file's own name says; the caller compares. */
static const char *name_of_file(const struct fields_reader *r)
{
	const char *slash = strrchr(r->doc->name, '/');
	const char *base = slash ? slash + 1 : r->doc->name;
	const char *end = strrchr(base, '.');

	return arena_strndup(r->arena, base, end ? (size_t)(end - base) : strlen(base));
}

static int check_image(const struct fields_reader *r, const struct yaml_node *node, const struct usual_cost *cost)
{
	struct image_ref ref;
	const char *name = usual_cost_name(r->arena, node->value);

	if (!name || !image_split(r->arena, node->value, &ref) || ref.tag || ref.digest)
		return field_error(r, node, _("a repository without tag and digest is expected here"));
	if (!STR_EQ(name, cost->name))
		return field_error(r, node, _("the last part of each image here is '%s', the name of the file"),
				   cost->name);
	return 0;
}

static int check_images(const struct fields_reader *r, const struct usual_cost *cost)
{
	const struct yaml_node *list = yaml_get(r->doc->root, "images");
	int rc = 0;

	if (list->count == 0)
		return field_error(r, list, _("there must be one image at least"));
	for (size_t i = 0; i < list->count; i++)
		if (check_image(r, list->items[i], cost) < 0)
			rc = -EINVAL;
	return rc;
}

static bool has_figures(const struct usual_cost *cost)
{
	return cost->idle_mib > 0 || cost->floor_mib > 0;
}

static int check_figures(const struct fields_reader *r, const struct usual_cost *cost)
{
	const struct yaml_node *root = r->doc->root;
	const struct yaml_node *idle = yaml_get(root, "idle_mib"), *floor = yaml_get(root, "floor_mib");

	if (cost->same_as && (idle || floor || cost->depends_on || cost->unknown || cost->source))
		return field_error(r, yaml_get(root, "same_as"),
				   _("with 'same_as' the figures are the other file's, and none are here"));
	if (cost->same_as)
		return 0;
	if (idle && cost->idle_mib <= 0)
		return field_error(r, idle, _("a size over 0 is expected here"));
	if (idle && cost->unknown)
		return field_error(r, idle, _("there is 'unknown' too, which says why there is no such figure"));
	if (!idle && !cost->unknown && !cost->depends_on)
		return field_error(r, root, _("without 'idle_mib', 'depends_on' or 'unknown' says why there is none"));
	if (idle && cost->floor_mib > cost->idle_mib)
		return field_error(r, floor, _("it is said to run idle with %lld MiB, so this is no floor"),
				   (long long)cost->idle_mib);
	if (has_figures(cost) && !cost->source)
		return field_error(r, root, _("the key '%s' is missing in %s"), "source", _("a usual cost"));
	return 0;
}

/* Reads a usual cost, whose texts are borrowed from the document. Returns 0, or -EINVAL with errors in diags. */
int read_usual(const struct fields_reader *r, struct usual_cost *ret)
{
	*ret = (struct usual_cost){.file = r->doc->name};
	if (!r->doc->root || r->doc->root->kind != YAML_MAPPING) {
		diag_add(r->diags, SEV_ERROR, r->doc->name,
			 _("the file holds no mapping of keys to values; it was not read"))
			->line = 1;
		return -EINVAL;
	}
	if (fields_read(r, r->doc->root, _("a usual cost"), usual_fields, ARRAY_SIZE(usual_fields), ret) < 0)
		return -EINVAL;
	if (!STR_EQ(ret->name, name_of_file(r)))
		return field_error(r, yaml_get(r->doc->root, "name"), _("the name of the file is '%s'"),
				   name_of_file(r));
	return check_images(r, ret) < 0 || check_figures(r, ret) < 0 ? -EINVAL : 0;
}

const struct field_group usual_group = {"usual-cost", "A usual cost", usual_fields, ARRAY_SIZE(usual_fields)};

/* SPDX-License-Identifier: MIT */
/* Reads a profile: a document with `kind: profile`. profiles/README.md describes the keys. */
#include <stddef.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/units.h"

static const char *const roles[] = {"server", "desktop", NULL};

#define AT(member) offsetof(struct profile, member)

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static const struct field profile_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, ignore_kind, "the word profile"},
	{"name", FIELD_NAME, AT(name), true, NULL, NULL, "what --profile takes"},
	{"title", FIELD_TEXT, AT(title), true, NULL, NULL, "one line for people"},
	{"people", FIELD_TEXT, AT(people), false, NULL, NULL, "for how many people, in figures: \"3-5\" or \"10+\""},
	{"role", FIELD_WORD, AT(role), true, roles, NULL,
	 "desktop is only for a machine with a desktop session, and goes before a server profile of the same target "
	 "there"},
	{"workers", FIELD_COUNT, AT(workers), true, NULL, NULL, "LiteLLM workers, 1 to 64"},
	{"target_ram_mib", FIELD_MIB, AT(target_ram_mib), true, NULL, NULL,
	 "nominal RAM from which the profile is recommended"},
	{"min_disk_mib", FIELD_MIB, AT(min_disk_mib), true, NULL, NULL, "free disk below which there is a warning"},
};

/* Reads a profile and adds it, or replaces one of the same name. Returns 0, or -EINVAL with errors in diags. */
int read_profile(const struct fields_reader *r, struct profile_set *set)
{
	struct profile p = {.file = r->doc->name};
	const struct profile *same;
	struct yaml_node *root = r->doc->root;

	if (fields_read(r, root, _("a profile"), profile_fields, ARRAY_SIZE(profile_fields), &p) < 0)
		return -EINVAL;
	if (p.workers < 1 || p.workers > MAX_WORKERS)
		return field_error(r, yaml_get(root, "workers"), _("workers must lie between 1 and %d"), MAX_WORKERS);
	if (p.target_ram_mib < 1)
		return field_error(r, yaml_get(root, "target_ram_mib"), _("the target RAM must be more than 0"));
	same = profile_find(set, p.name);
	if (same) {
		set->items[same - set->items] = p;
		return 0;
	}
	if (set->count == MAX_PROFILES)
		return field_error(r, root, _("there are more than %d profiles; this one was not read"), MAX_PROFILES);
	set->items[set->count++] = p;
	return 0;
}

const struct field_group profile_group = {"profile", "A profile", profile_fields, ARRAY_SIZE(profile_fields)};

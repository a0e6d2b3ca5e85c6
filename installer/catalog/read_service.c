/* One service: a document with `kind: service`. The keys are described in vpsfit-profile(5). */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"

static const char *const parts[] = {[PART_NONE] = "none", [PART_WORKERS] = "workers", [PART_DATABASE] = "database", NULL};
static const char *const shares[] = {[SWAP_SHARE_NONE] = "none", [SWAP_SHARE] = "share", NULL};

_Static_assert(ARRAY_SIZE(parts) == PART_COUNT + 1 && ARRAY_SIZE(shares) == SWAP_SHARE_COUNT + 1,
	       "a value of the enum has no word");

#define AT(member) offsetof(struct service, member)

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static int read_images(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	if (node->kind != YAML_SEQUENCE || node->count > ARRAY_SIZE(s->images))
		return field_error(r, node, _("a list of at most %d names is expected here"), (int)ARRAY_SIZE(s->images));
	for (size_t i = 0; i < node->count; i++)
		if (field_name(r, node->items[i], &s->images[i]) < 0)
			return -EINVAL;
	s->image_count = node->count;
	return 0;
}

static int read_own_costs(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	return read_costs(r, node, &s->costs) < 0 ? -EINVAL : check_costs(r, node, &s->costs);
}

static const struct field service_fields[] = {
	{"kind", FIELD_CUSTOM, 0, true, NULL, ignore_kind, "the word service"},
	{"name", FIELD_NAME, AT(name), true, NULL, NULL,
	 "what the compose file that vpsfit writes calls it, and cost models and --service"},
	{"title", FIELD_TEXT, AT(title), true, NULL, NULL, "one line for people"},
	{"order", FIELD_COUNT, AT(order), true, NULL, NULL, "where its row stands among the others'"},
	{"images", FIELD_CUSTOM, 0, true, NULL, read_images,
	 "the last part of its image's name, in a compose file that somebody else wrote; where none has exactly such a name, one "
	 "that begins with it as a whole word is taken"},
	{"part", FIELD_WORD, AT(part), true, parts, NULL,
	 "workers for the one service whose workers are counted, database for the one that their connections go to, none for "
	 "every other"},
	{"swap", FIELD_WORD, AT(swap), true, shares, NULL,
	 "share where the machine's swap is for it too, by the size of its limit; none where it must never be swapped out"},
	{"costs", FIELD_CUSTOM, 0, true, NULL, read_own_costs, "what it costs where a cost model has no figures for it"},
};

/* Where it belongs among the others; a part that is played already is an error. */
static int place_of(const struct fields_reader *r, const struct service_set *set, const struct service *s, size_t *ret)
{
	size_t other = s->part == PART_NONE ? NO_SERVICE : service_by_part(set, s->part);

	if (service_find(set, s->name) != NO_SERVICE)
		return field_error(r, yaml_get(r->doc->root, "name"), _("there is a service '%s' already"), s->name);
	if (other != NO_SERVICE)
		return field_error(r, yaml_get(r->doc->root, "part"), _("%s plays this part already"),
				   set->items[other].name);
	if (set->count == MAX_SERVICES)
		return field_error(r, r->doc->root, _("there are more than %d services; this one was not read"),
				   MAX_SERVICES);
	for (*ret = 0; *ret < set->count && set->items[*ret].order <= s->order;)
		++*ret;
	return 0;
}

/* Reads a service and puts it into its place. 0 or -EINVAL with errors in diags. */
int read_service(const struct fields_reader *r, struct service_set *set)
{
	struct service s = {.file = r->doc->name};
	size_t at;

	if (fields_read(r, r->doc->root, _("a service"), service_fields, ARRAY_SIZE(service_fields), &s) < 0 ||
	    place_of(r, set, &s, &at) < 0)
		return -EINVAL;
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(s));
	set->items[at] = s;
	set->count++;
	return 0;
}

const struct field_group service_groups[] = {
	{"service", "A service", service_fields, ARRAY_SIZE(service_fields)},
};
const size_t service_group_count = ARRAY_SIZE(service_groups);

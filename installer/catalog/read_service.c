/* SPDX-License-Identifier: MIT */
/* Reads a service: a document with `kind: service`. vpsfit-profile(5) describes the keys. */
#include <stddef.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "core/units.h"

static const char *const parts[] = {
	[PART_NONE] = "none", [PART_WORKERS] = "workers", [PART_DATABASE] = "database", NULL};
static const char *const shares[] = {[SWAP_SHARE_NONE] = "none", [SWAP_SHARE_BY_LIMIT] = "share", NULL};

_Static_assert(ARRAY_SIZE(parts) == PART_COUNT + 1 && ARRAY_SIZE(shares) == SWAP_SHARE_COUNT + 1,
	       "a value of the enum has no word");

#define AT(member) offsetof(struct service, member)

static int ignore_kind(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	(void)r, (void)node, (void)object;
	return 0;
}

static int read_image_names(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	if (node->kind != YAML_SEQUENCE || node->count > ARRAY_SIZE(s->images))
		return field_error(r, node, _("a list of at most %d names is expected here"),
				   (int)ARRAY_SIZE(s->images));
	for (size_t i = 0; i < node->count; i++)
		if (field_name(r, node->items[i], &s->images[i]) < 0)
			return -EINVAL;
	s->image_count = node->count;
	return 0;
}

static const char *const values[] = {[VALUE_WORKERS] = "workers", [VALUE_CONNECTIONS] = "connections",
				     [VALUE_POOL] = "pool",	  [VALUE_LIMIT] = "limit",
				     [VALUE_TEXT] = "text",	  NULL};
static const char *const missings[] = {
	[ADD_IT] = "add", [TELL_IT] = "tell", [LEAVE_IT] = "leave", [ADD_UNTOUCHED] = "untouched", NULL};
static const char *const truths[] = {"false", "true", NULL};
static const char *const severities[] = {"info", "warning", NULL};

_Static_assert(ARRAY_SIZE(values) == VALUE_COUNT + 1 && ARRAY_SIZE(missings) == SERVICE_MISSING_COUNT + 1,
	       "a value of the enum has no word");

#define OWNED_AT(member) offsetof(struct service_owned, member)

static const struct field owned_fields[] = {
	{"value", FIELD_WORD, OWNED_AT(value), true, values, NULL,
	 "what it is made of: the number of workers, the connections of all of them or the pool of one, a share of the service's "
	 "limit in bytes, or a text"},
	{"below", FIELD_TEXT, OWNED_AT(below), false, NULL, NULL,
	 "the keys that lead to it, with slashes between: from the service on, in a file of its own from the root on"},
	{"word", FIELD_TEXT, OWNED_AT(word), false, NULL, NULL, "what stands ahead of it in a list or a text"},
	{"file", FIELD_TEXT, OWNED_AT(file), false, NULL, NULL,
	 "the file of vpsfit's own stack that it stands in, where that is not the compose file"},
	{"text", FIELD_TEXT, OWNED_AT(text), false, NULL, NULL, "for the value text"},
	{"percent", FIELD_COUNT, OWNED_AT(percent), false, NULL, NULL, "for the value limit: so much of it"},
	{"usual", FIELD_COUNT, OWNED_AT(usual), false, NULL, NULL,
	 "what holds where it is not there: up to that number nothing is missing"},
	{"missing", FIELD_WORD, OWNED_AT(missing), true, missings, NULL,
	 "what is done where it is not there: it is added, a person is told of it, it is left so, or (untouched) it is added to a file "
	 "that nobody edited since vpsfit wrote it, and told of else"},
	{"keep_larger", FIELD_WORD, OWNED_AT(keep_larger), false, truths, NULL,
	 "true where a larger number stays in a stack that somebody else wrote"},
};

#define SECRET_AT(member) offsetof(struct service_secret, member)

static const struct field secret_fields[] = {
	{"key", FIELD_NAME, SECRET_AT(key), true, NULL, NULL, "the variable of .env that it is made in, once"},
	{"prefix", FIELD_TEXT, SECRET_AT(prefix), false, NULL, NULL, "what it begins with"},
	{"in_database", FIELD_WORD, SECRET_AT(in_database), true, truths, NULL,
	 "true where what is in the database cannot be read without it: then none is made beside a database that is there"},
	{"if_named", FIELD_WORD, SECRET_AT(if_named), false, truths, NULL,
	 "true where it is only made if the environment of the service, or of one of its helpers, has a variable of that name"},
};

#define FILE_AT(member) offsetof(struct service_file, member)

static const struct field file_fields[] = {
	{"name", FIELD_TEXT, FILE_AT(name), true, NULL, NULL,
	 "a file below templates and below the stack's directory, written once"},
	{"if_mounted", FIELD_WORD, FILE_AT(if_mounted), false, truths, NULL,
	 "true where it is only written if the compose file mounts it"},
	{"ours", FIELD_WORD, FILE_AT(ours), false, truths, NULL,
	 "true where a newer version replaces what an earlier one wrote; what was edited is asked about like an owned value"},
	{"until_edited", FIELD_WORD, FILE_AT(until_edited), false, truths, NULL,
	 "true where a newer version replaces it only as long as nobody edited it, and then it is the administrator's"},
	{"gone", FIELD_TEXT, FILE_AT(gone), false, NULL, NULL,
	 "a file below templates: it is not written any more, and removed where it has just that file's text and nothing mounts it"},
};

#define PIECE_AT(member) offsetof(struct service_piece, member)

static const struct field piece_fields[] = {
	{"of", FIELD_NAME, PIECE_AT(of), true, NULL, NULL,
	 "a name: pieces of one name are put in together and taken out together"},
	{"below", FIELD_TEXT, PIECE_AT(below), true, NULL, NULL,
	 "the keys that lead to it from the service on, with slashes between: to the key that it is, or to the list that has the entry"},
	{"entry", FIELD_TEXT, PIECE_AT(entry), false, NULL, NULL, "the entry, where it is one of a list"},
	{"text", FIELD_TEXT, PIECE_AT(text), false, NULL, NULL,
	 "the key's value, where templates/compose.yaml does not have it"},
	{"comment", FIELD_TEXT, PIECE_AT(comment), false, NULL, NULL,
	 "the comment above it that is taken out with it, where templates/compose.yaml does not have it"},
	{"from_workers", FIELD_COUNT, PIECE_AT(from_workers), false, NULL, NULL,
	 "it is there with so many workers or more, and taken out with fewer"},
	{"earlier", FIELD_WORD, PIECE_AT(earlier), false, truths, NULL,
	 "true where versions that did not know the name wrote it: then its absence is an edit"},
	{"gone", FIELD_WORD, PIECE_AT(gone), false, truths, NULL,
	 "true where it is taken out when the others of its name are put in"},
	{"yields", FIELD_WORD, PIECE_AT(yields), false, truths, NULL,
	 "true where what a person has there already, before vpsfit ever wrote it, stays without a question"},
};

#define NOTE_AT(member) offsetof(struct service_note, member)

static const struct field note_fields[] = {
	{"file", FIELD_TEXT, NOTE_AT(file), false, NULL, NULL,
	 "the file of vpsfit's own stack that is looked into, where that is not the compose file"},
	{"in", FIELD_TEXT, NOTE_AT(in), true, NULL, NULL,
	 "the key below the service that is looked into, in a file of its own from the root on"},
	{"wants", FIELD_TEXT, NOTE_AT(wants), true, NULL, NULL, "the text that must stand in it"},
	{"if_in", FIELD_TEXT, NOTE_AT(having), false, NULL, NULL, "looked for only where in this key"},
	{"if_has", FIELD_TEXT, NOTE_AT(having_text), false, NULL, NULL, "this text stands"},
	{"from_workers", FIELD_COUNT, NOTE_AT(from_workers), false, NULL, NULL, "looked for from so many workers on"},
	{"own", FIELD_WORD, NOTE_AT(own), false, truths, NULL, "true: in vpsfit's own stack alone"},
	{"severity", FIELD_WORD, NOTE_AT(severity), true, severities, NULL, "how it is said"},
	{"else", FIELD_TEXT, NOTE_AT(otherwise), true, NULL, NULL,
	 "what is said where it is not there; {service}, {workers} and {templates} stand for what they name"},
	{"hint", FIELD_TEXT, NOTE_AT(hint), true, NULL, NULL, "what to do about it, with the same words"},
};

#define CONDITION_AT(member) offsetof(struct service_condition, member)

static const struct field condition_fields[] = {
	{"in", FIELD_TEXT, CONDITION_AT(in), true, NULL, NULL, "the key below the service that is looked into"},
	{"wants", FIELD_TEXT, CONDITION_AT(wants), false, NULL, NULL,
	 "the text that must stand in it; any, if left out"},
	{"from_workers", FIELD_COUNT, CONDITION_AT(from_workers), false, NULL, NULL,
	 "it matters from so many workers on"},
	{"costs", FIELD_NAME, CONDITION_AT(costs), true, NULL, NULL,
	 "where it is not so in a stack that somebody else wrote: the variant of the model's costs that holds"},
	{"else", FIELD_TEXT, CONDITION_AT(otherwise), true, NULL, NULL, "what is said then, behind the service's name"},
};

#define SETTING_AT(member) offsetof(struct service_setting, member)

static int read_has(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service_setting *s = object;

	return field_texts(r, node, ARRAY_SIZE(s->has), s->has, &s->has_count);
}

static const char *const settings_are[] = {[SETTING_SET] = "set", [SETTING_UNSET] = "unset", NULL};

_Static_assert(ARRAY_SIZE(settings_are) == SETTING_IS_COUNT + 1, "a value of the enum has no word");

static const struct field setting_fields[] = {
	{"in", FIELD_TEXT, SETTING_AT(in), true, NULL, NULL,
	 "the key below the service that is looked into; a variable may come from an env file"},
	{"is", FIELD_WORD, SETTING_AT(is), false, settings_are, NULL,
	 "unset where it matters that the key has no value; set, the default, where it has one"},
	{"has", FIELD_CUSTOM, 0, false, NULL, read_has, "it matters only where the value contains one of these texts"},
	{"lacks", FIELD_TEXT, SETTING_AT(lacks), false, NULL, NULL, "and does not contain this one"},
	{"if_unset", FIELD_TEXT, SETTING_AT(if_unset), false, NULL, NULL,
	 "it matters only where this key has no value"},
	{"processes", FIELD_WORD, SETTING_AT(processes), false, truths, NULL,
	 "true where the value is a number of processes, each of which needs all of the figures"},
	{"adds_mib", FIELD_MIB, SETTING_AT(adds_mib), false, NULL, NULL, "it adds so much to every figure"},
	{"limit_adds_mib", FIELD_MIB, SETTING_AT(limit_adds_mib), false, NULL, NULL,
	 "it adds so much to the limit alone: what is needed only now and then"},
	{"unknown", FIELD_WORD, SETTING_AT(unknown), false, truths, NULL,
	 "true where nobody knows what the service needs then: a limit that its file declares counts, and no other one is written"},
	{"says", FIELD_TEXT, SETTING_AT(says), true, NULL, NULL, "what is so then, behind the service's name"},
};

static int read_list(const struct fields_reader *r, const struct yaml_node *node, const char *what,
		     const struct field *fields, size_t field_count, size_t size, const void **ret, size_t *ret_count)
{
	const struct list_of items = {what, fields, field_count, size, MAX_SERVICE_ITEMS};

	return fields_read_list(r, node, &items, ret, ret_count);
}

static int check_owned(const struct fields_reader *r, const struct yaml_node *node, const struct service_owned *o)
{
	if ((o->value == VALUE_TEXT) != (o->text != NULL))
		return field_error(r, node, _("'text' belongs to the value text, and to no other"));
	if ((o->value == VALUE_LIMIT) != (o->percent > 0) || o->percent > 100)
		return field_error(r, node, _("'percent', from 1 to 100, belongs to the value limit, and to no other"));
	if (o->value == VALUE_WORKERS ? !o->word || o->below : !o->below)
		return field_error(r, node,
				   _("the value workers has a 'word' and no 'below', every other one has a 'below'"));
	return 0;
}

static int read_owned(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("an owned value"), owned_fields, ARRAY_SIZE(owned_fields), sizeof(*s->owned), &items,
		      &s->owned_count) < 0)
		return -EINVAL;
	s->owned = items;
	for (size_t i = 0; i < s->owned_count; i++)
		if (check_owned(r, node->items[i], &s->owned[i]) < 0)
			return -EINVAL;
	return 0;
}

static int read_secrets(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a secret"), secret_fields, ARRAY_SIZE(secret_fields), sizeof(*s->secrets), &items,
		      &s->secret_count) < 0)
		return -EINVAL;
	s->secrets = items;
	return 0;
}

static int read_files(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a file"), file_fields, ARRAY_SIZE(file_fields), sizeof(*s->files), &items,
		      &s->file_count) < 0)
		return -EINVAL;
	s->files = items;
	return 0;
}

static int read_pieces(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a piece"), piece_fields, ARRAY_SIZE(piece_fields), sizeof(*s->pieces), &items,
		      &s->piece_count) < 0)
		return -EINVAL;
	s->pieces = items;
	return 0;
}

static int read_notes(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a note"), note_fields, ARRAY_SIZE(note_fields), sizeof(*s->notes), &items,
		      &s->note_count) < 0)
		return -EINVAL;
	s->notes = items;
	for (size_t i = 0; i < s->note_count; i++)
		if (!s->notes[i].having != !s->notes[i].having_text)
			return field_error(r, node->items[i], _("'if_in' and 'if_has' belong together"));
	return 0;
}

static int read_conditions(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a condition"), condition_fields, ARRAY_SIZE(condition_fields), sizeof(*s->conditions),
		      &items, &s->condition_count) < 0)
		return -EINVAL;
	s->conditions = items;
	return 0;
}

static int read_reads(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	return field_texts(r, node, ARRAY_SIZE(s->reads), s->reads, &s->read_count);
}

static int read_known_start(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	return field_texts(r, node, ARRAY_SIZE(s->known_start), s->known_start, &s->known_start_count);
}

static int read_settings(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	const void *items;

	if (read_list(r, node, _("a setting"), setting_fields, ARRAY_SIZE(setting_fields), sizeof(*s->settings), &items,
		      &s->setting_count) < 0)
		return -EINVAL;
	s->settings = items;
	return 0;
}

static int read_starts(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	return field_texts(r, node, ARRAY_SIZE(s->swarm.starts), s->swarm.starts, &s->swarm.start_count);
}

static const struct field swarm_fields[] = {
	{"starts", FIELD_CUSTOM, 0, false, NULL, read_starts,
	 "words that its image starts by itself, where the compose file has no entrypoint: a script that reads secrets is "
	 "put before them"},
	{"once", FIELD_TEXT, AT(swarm.once), false, NULL, NULL,
	 "word for its command that makes it bring its tables up to date and end"},
	{"stays", FIELD_WORD, AT(swarm.stays), false, truths, NULL,
	 "true where its volume holds what must not be lost: it is kept on one node"},
	{"others", FIELD_TEXT, AT(swarm.others), false, NULL, NULL,
	 "NAME=VALUE for the environment of the copies, which leave that to the one"},
};

static int read_swarm(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	return fields_read(r, node, _("the settings for a swarm"), swarm_fields, ARRAY_SIZE(swarm_fields), object);
}

static const struct field optional_fields[] = {
	{"from_workers", FIELD_COUNT, AT(optional_from), false, NULL, NULL,
	 "it is part of vpsfit's own stack with so many workers or more, or where the option of its name says so; never of "
	 "another one"},
	{"option", FIELD_NAME, AT(option), false, NULL, NULL,
	 "instead: it is part of it only where this option is given a value other than none"},
};

static int read_optional(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	if (fields_read(r, node, "optional", optional_fields, ARRAY_SIZE(optional_fields), s) < 0)
		return -EINVAL;
	if ((s->optional_from > 0) == (s->option != NULL))
		return field_error(r, node, _("a number of workers from 1 on is expected here, or an option"));
	if (s->option)
		s->optional_from = ONLY_ON_REQUEST;
	return 0;
}

static int read_publishes(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;
	uint64_t port;

	if (node->kind != YAML_SEQUENCE || node->count > ARRAY_SIZE(s->publishes))
		return field_error(r, node, _("a list of at most %d ports is expected here"),
				   (int)ARRAY_SIZE(s->publishes));
	for (size_t i = 0; i < node->count; i++) {
		if (!yaml_is_scalar(node->items[i]) || !parse_uint(node->items[i]->value, 65535, &port) || port == 0)
			return field_error(r, node->items[i], _("a port from 1 to 65535 is expected here"));
		s->publishes[i] = (int64_t)port;
	}
	s->publish_count = node->count;
	return 0;
}

static int read_helpers(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service *s = object;

	return field_texts(r, node, ARRAY_SIZE(s->helpers), s->helpers, &s->helper_count);
}

#define SMALLER_AT(member) (AT(smaller) + offsetof(struct service_smaller, member))

static int read_signs(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service_smaller *s = &((struct service *)object)->smaller;

	return field_texts(r, node, ARRAY_SIZE(s->signs), s->signs, &s->sign_count);
}

static const struct field smaller_fields[] = {
	{"variant", FIELD_NAME, SMALLER_AT(variant), true, NULL, NULL,
	 "the variant of its image in templates/images.yaml and of its costs; the option of the service's name takes the word"},
	{"lacks", FIELD_TEXT, SMALLER_AT(lacks), true, NULL, NULL, "what it cannot do, for people"},
	{"brings", FIELD_NAME, SMALLER_AT(brings), false, NULL, NULL, "another service that then needs another image"},
	{"brings_variant", FIELD_NAME, SMALLER_AT(brings_variant), false, NULL, NULL,
	 "the variant of that one's image; what else belongs to it is in NAME.VARIANT.compose.yaml beside the service's file"},
	{"data", FIELD_TEXT, SMALLER_AT(data), false, NULL, NULL,
	 "where its container keeps what the usual image wrote and the smaller one cannot read"},
	{"signs", FIELD_CUSTOM, 0, false, NULL, read_signs,
	 "folders of data: where one of them holds something, there is such data"},
	{"left", FIELD_TEXT, SMALLER_AT(left), false, NULL, NULL, "what becomes of such data, for people"},
};

static int read_smaller(const struct fields_reader *r, const struct yaml_node *node, void *object)
{
	struct service_smaller *s = &((struct service *)object)->smaller;

	if (fields_read(r, node, "smaller", smaller_fields, ARRAY_SIZE(smaller_fields), object) < 0)
		return -EINVAL;
	if (!s->brings != !s->brings_variant)
		return field_error(r, node, _("'brings' and 'brings_variant' belong together"));
	return (s->sign_count > 0) == (s->data && s->left)
		       ? 0
		       : field_error(r, node, _("'data', 'signs' and 'left' belong together"));
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
	{"images", FIELD_CUSTOM, 0, true, NULL, read_image_names,
	 "the last part of its image's name, in a compose file that somebody else wrote; where none has exactly such a name, one "
	 "that begins with it as a whole word is taken"},
	{"part", FIELD_WORD, AT(part), true, parts, NULL,
	 "workers for the one service whose workers are counted, database for the one that their connections go to, none for "
	 "every other"},
	{"swap", FIELD_WORD, AT(swap), true, shares, NULL,
	 "share where the machine's swap is for it too, by the size of its limit; none where it must never be swapped out"},
	{"optional", FIELD_CUSTOM, 0, false, NULL, read_optional,
	 "where the stack can do without it; what belongs to it in the compose file is in NAME.compose.yaml beside its file"},
	{"page", FIELD_COUNT, AT(page), false, NULL, NULL,
	 "the port inside its container that the stack's page comes from, which its `ports` publish"},
	{"publishes", FIELD_CUSTOM, 0, false, NULL, read_publishes,
	 "ports that it listens on, on all addresses: where another program has one of them, nothing is written"},
	{"helpers", FIELD_CUSTOM, 0, false, NULL, read_helpers,
	 "a list: services of vpsfit's own compose file that run its image, do something once at every start, and end; they are "
	 "in no sum, and their image is moved with this one"},
	{"swarm", FIELD_CUSTOM, 0, false, NULL, read_swarm, "what 'vpsfit export --format swarm' has to know of it"},
	{"smaller", FIELD_CUSTOM, 0, false, NULL, read_smaller,
	 "a second image of the same release that needs less memory and does less, which the option of the service's name asks for"},
	{"data", FIELD_TEXT, AT(data), false, NULL, NULL,
	 "where its container keeps what must not be lost: of the database, so that no new password is made beside its data"},
	{"costs", FIELD_CUSTOM, 0, true, NULL, read_own_costs,
	 "what it costs where a cost model has no figures for it"},
	{"owned", FIELD_CUSTOM, 0, false, NULL, read_owned,
	 "what vpsfit writes beside its limit, its reservation and its swap: a list of mappings"},
	{"secrets", FIELD_CUSTOM, 0, false, NULL, read_secrets, "what is made for it in .env: a list of mappings"},
	{"files", FIELD_CUSTOM, 0, false, NULL, read_files, "its files beside the compose file: a list of mappings"},
	{"pieces", FIELD_CUSTOM, 0, false, NULL, read_pieces,
	 "keys and entries of vpsfit's own compose file that come and go as a whole: a list of mappings"},
	{"conditions", FIELD_CUSTOM, 0, false, NULL, read_conditions,
	 "a list: what the figures of vpsfit's own stack depend on, and which others hold elsewhere"},
	{"reads", FIELD_CUSTOM, 0, false, NULL, read_reads,
	 "of the database: names of its configuration files, which are looked for in what is mounted into it; the first goes before the others"},
	{"known_start", FIELD_CUSTOM, 0, false, NULL, read_known_start,
	 "of the database: repositories whose image starts it with its usual settings; what others start it with, a command of vpsfit's would leave out"},
	{"settings", FIELD_CUSTOM, 0, false, NULL, read_settings,
	 "a list: settings of a stack that somebody else wrote with which it needs more than the usual figures"},
	{"notes", FIELD_CUSTOM, 0, false, NULL, read_notes,
	 "what is said where something is not there: a list of mappings"},
};

/* Checks name, part and limits; *ret is its index in the set by `order`. */
static int place_of(const struct fields_reader *r, const struct service_set *set, const struct service *s, size_t *ret)
{
	size_t other = s->part == PART_NONE ? NO_SERVICE : service_by_part(set, s->part);

	if (s->optional_from > 0 && s->part != PART_NONE)
		return field_error(r, yaml_get(r->doc->root, "optional"),
				   _("a service that plays a part is not optional"));
	if (service_find(set, s->name) != NO_SERVICE)
		return field_error(r, yaml_get(r->doc->root, "name"), _("there is a service '%s' already"), s->name);
	if (other != NO_SERVICE)
		return field_error(r, yaml_get(r->doc->root, "part"), _("%s plays this part already"),
				   set->items[other].name);
	if (set->count == MAX_SERVICES)
		return field_error(r, r->doc->root, _("there are more than %d services; this one was not read"),
				   MAX_SERVICES);
	if (service_owned_most(set) + service_owned_of(s) > MAX_OWNED)
		return field_error(r, r->doc->root,
				   _("there are more than %d owned values in all; this one was not read"), MAX_OWNED);
	for (*ret = 0; *ret < set->count && set->items[*ret].order <= s->order;)
		++*ret;
	return 0;
}

/* Reads a service and inserts it into the set, by `order`. Returns 0, or -EINVAL with errors in diags. */
int read_service(const struct fields_reader *r, struct service_set *set)
{
	struct service s = {.file = r->doc->name, .answer = -1};
	size_t at = 0;

	if (fields_read(r, r->doc->root, _("a service"), service_fields, ARRAY_SIZE(service_fields), &s) < 0 ||
	    check_service(r, set, &s) < 0 || place_of(r, set, &s, &at) < 0)
		return -EINVAL;
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(s));
	set->items[at] = s;
	set->count++;
	return 0;
}

const struct field_group service_groups[] = {
	{"service", "A service", service_fields, ARRAY_SIZE(service_fields)},
	{"optional", "optional", optional_fields, ARRAY_SIZE(optional_fields)},
	{"smaller", "smaller", smaller_fields, ARRAY_SIZE(smaller_fields)},
	{"swarm", "swarm", swarm_fields, ARRAY_SIZE(swarm_fields)},
	{"owned", "An owned value", owned_fields, ARRAY_SIZE(owned_fields)},
	{"secret", "A secret", secret_fields, ARRAY_SIZE(secret_fields)},
	{"file", "A file", file_fields, ARRAY_SIZE(file_fields)},
	{"piece", "A piece", piece_fields, ARRAY_SIZE(piece_fields)},
	{"note", "A note", note_fields, ARRAY_SIZE(note_fields)},
	{"condition", "A condition", condition_fields, ARRAY_SIZE(condition_fields)},
	{"setting", "A setting", setting_fields, ARRAY_SIZE(setting_fields)},
};
const size_t service_group_count = ARRAY_SIZE(service_groups);

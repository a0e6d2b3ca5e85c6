/* SPDX-License-Identifier: MIT */
#include "export/record.h"

#include <errno.h>
#include <string.h>

#include "core/diag.h"
#include "core/i18n.h"
#include "state/state.h"

#define HEX "0123456789abcdef"
#define DIGEST 16

const char *record_digest(struct arena *a, const char *text, size_t len)
{
	return arena_printf(a, "%016llx", (unsigned long long)state_hash(text, len));
}

/* Is the text what an earlier export wrote there? */
bool record_is_ours(struct arena *a, const char *list, const char *name, const char *text, size_t len)
{
	const char *line = arena_printf(a, "%s %s\n", record_digest(a, text, len), name);

	for (const char *at = list; at && (at = strstr(at, line)); at++)
		if (at == list || at[-1] == '\n')
			return true;
	return false;
}

/* A path below the directory, whatever the list says. */
static bool is_below(const char *name)
{
	return name[0] && name[0] != '/' && !strstr(name, "..");
}

/*
 * The next file of the list, from *at on, and its digest unless ret_digest is NULL; NULL: there are no more. Begin with
 * the record's text.
 */
const char *record_next_file(struct arena *a, const char **at, const char **ret_digest)
{
	while (*at && **at) {
		const char *line = *at, *name;
		const size_t len = strcspn(line, "\n");

		*at = line + len + (line[len] == '\n');
		if (strspn(line, HEX) != DIGEST || len <= DIGEST + 1 || line[DIGEST] != ' ')
			continue;
		name = arena_strndup(a, line + DIGEST + 1, len - DIGEST - 1);
		if (!is_below(name))
			continue;
		if (ret_digest)
			*ret_digest = arena_strndup(a, line, DIGEST);
		return name;
	}
	return NULL;
}

bool record_has_file(const struct export_record *r, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = r->text; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strspn(at, HEX) == DIGEST && at[DIGEST] == ' ' && strncmp(at + DIGEST + 1, name, len) == 0 &&
		    at[DIGEST + 1 + len] == '\n')
			return true;
	return false;
}

static bool record_has_node(const struct export_record *r, const char *name)
{
	for (size_t i = 0; i < r->node_count; i++)
		if (STR_EQ(r->nodes[i], name))
			return true;
	return false;
}

static void add_node(struct arena *a, struct export_record *r, const char *name)
{
	const char **more;

	if (!node_name_is_valid(name) || record_has_node(r, name))
		return;
	more = arena_alloc(a, (r->node_count + 1) * sizeof(*more));
	for (size_t i = 0; i < r->node_count; i++)
		more[i] = r->nodes[i];
	more[r->node_count++] = name;
	r->nodes = more;
}

static void read_line(struct arena *a, const struct service_set *set, const char *line, struct export_record *r)
{
	const char *space;

	if (strncmp(line, "format ", 7) == 0)
		r->format = line + 7;
	else if (strncmp(line, "node ", 5) == 0)
		add_node(a, r, line + 5);
	if (strncmp(line, "place ", 6) != 0 || !(space = strchr(line + 6, ' ')) || !node_name_is_valid(space + 1))
		return;
	for (size_t s = 0; s < set->count; s++)
		if (STR_EQ(set->items[s].name, arena_strndup(a, line + 6, (size_t)(space - line - 6))))
			r->places[s] = space + 1;
}

/* text: of the list, NULL where there is none. Lines that are not understood are passed over. */
void record_read(struct arena *a, const struct service_set *set, const char *text, struct export_record *ret)
{
	struct export_record r = {.text = text};

	for (const char *at = text; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		read_line(a, set, arena_strndup(a, at, strcspn(at, "\n")), &r);
	/* The first lists had no format. */
	if (!r.format && record_has_file(&r, "stack.yaml"))
		r.format = "swarm";
	if (!r.format && record_has_file(&r, "commands.sh"))
		r.format = "helm";
	*ret = r;
}

/* The node whose label says that it has the volume; the first one, should there be several. */
static const struct node *labelled(const struct node_set *nodes, const char *key, const char *rather)
{
	const struct node *found = NULL;

	for (size_t i = 0; i < nodes->count; i++)
		if (node_has_label(&nodes->items[i], key) && (!found || STR_EQ(nodes->items[i].name, rather)))
			found = &nodes->items[i];
	return found;
}

static int put_label(struct node *n, const char *key)
{
	size_t i = 0;

	while (i < n->label_count && !STR_EQ(n->labels[i].key, key))
		i++;
	if (i == MAX_NODE_LABELS)
		return -EINVAL;
	n->labels[i] = (struct node_label){key, "true"};
	n->label_count += i == n->label_count;
	return 0;
}

static int keep_place(struct arena *a, const char *service, const char *place, struct diag_list *diags,
		      struct node_set *nodes)
{
	const char *key = arena_printf(a, NODE_LABEL "%s", service);
	const struct node *said = labelled(nodes, key, place);
	const size_t at = node_find(nodes, place);
	struct node *n = at < MAX_NODES ? &nodes->items[at] : NULL;

	if (said && STR_EQ(said->name, place))
		return 0;
	if (said) {
		diag_note(
			diags, "volume-stays-behind", SEV_WARNING, NULL,
			_("%s moves to %s, as the label says, and its volume stays on %s, where the last export had it"),
			service, said->name, place)
			->hint = _("copy the volume before the stack is deployed, or it begins with an empty one");
		return 0;
	}
	if (n && put_label(n, key) == 0)
		return 0;
	diag_add(
		diags, SEV_ERROR, NULL,
		n ? _("%s has its volume on %s, where the last export had it, and that node has 16 labels already; nothing "
		      "was written")
		  : _("%s has its volume on %s, where the last export had it, and that node is not named; nothing was "
		      "written"),
		service, place)
		->hint =
		arena_printf(a,
			     _("name %s too; or, where you have copied the volume to another node, give that one "
			       "the label %s=true (--node NAME=RAM,CPUS,%s=true)"),
			     place, key, key);
	return -EINVAL;
}

/*
 * Keeps services with data where the last export had them: on another node they would begin with an empty volume.
 * A label in nodes says otherwise. Returns 0, or -EINVAL with an error in diags where such a node is not there.
 */
int record_keep_places(struct arena *a, const struct export_record *r, const struct service_set *set,
		       bool database_elsewhere, struct diag_list *diags, struct node_set *nodes)
{
	int rc = 0;

	for (size_t s = 0; s < set->count; s++) {
		if (!r->places[s] || !set->items[s].swarm.stays ||
		    (database_elsewhere && set->items[s].part == PART_DATABASE))
			continue;
		if (keep_place(a, set->items[s].name, r->places[s], diags, nodes) < 0)
			rc = -EINVAL;
	}
	return rc;
}

/* The lines beside those of the files. What was known stays known: a volume and a label outlive an export. */
const char *record_of_plan(struct arena *a, const struct export_record *before, const struct nodes_plan *p,
			   const char *format)
{
	const bool swarm = p->in_swarm;
	struct export_record all = *before;
	const char *text = arena_printf(a, "format %s\n", format);

	for (size_t s = 0; s < p->set->count; s++) {
		const char *place = swarm && p->in[s] && p->set->items[s].swarm.stays ? p->nodes[p->home[s]].node->name
										      : before->places[s];

		if (place)
			text = arena_printf(a, "%splace %s %s\n", text, p->set->items[s].name, place);
	}
	for (size_t i = 0; swarm && i < p->count; i++)
		add_node(a, &all, p->nodes[i].node->name);
	for (size_t i = 0; i < all.node_count; i++)
		text = arena_printf(a, "%snode %s\n", text, all.nodes[i]);
	return text;
}

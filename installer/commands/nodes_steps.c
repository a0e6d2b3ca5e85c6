/* SPDX-License-Identifier: MIT */
#include "commands/nodes_steps.h"

#include <errno.h>
#include <string.h>

#include "answers/nodes.h"
#include "answers/table.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "core/text.h"
#include "export/record.h"
#include "output/nodes.h"
#include "session/ask_nodes.h"
#include "session/export_source.h"
#include "session/session.h"

bool nodes_are_said(const struct session *s)
{
	return answer_said(&s->answers, ANSWER_NODES) || answer_said(&s->answers, ANSWER_NODE);
}

static int find_nodes(struct session *s, struct node_set *ret)
{
	const char *file = answer_text(&s->answers, ANSWER_NODES), *said = answer_text(&s->answers, ANSWER_NODE);

	if (file && said) {
		diag_add(&s->diags, SEV_ERROR, NULL, _("--nodes and --node contradict each other; nothing was done"))
			->hint = _("name all nodes in the file, or all on the command line");
		return -EINVAL;
	}
	if (file)
		return nodes_load(&s->arena, file, &s->diags, ret);
	if (said && STR_EQ(said, NODES_ASK))
		return session_ask_nodes(s, ret);
	return said && nodes_parse(&s->arena, said, ret) ? 0 : -EINVAL;
}

/* A smaller image that keeps its data in vpsfit's own database cannot do without it. */
static bool needs_own_database(struct session *s, const struct nodes_request *req)
{
	const struct service_set *set = &s->catalog.services;
	size_t database = service_by_part(set, PART_DATABASE);

	for (size_t i = 0; i < set->count && database != NO_SERVICE; i++) {
		const struct service *one = &set->items[i];

		if (!nodes_variant(req, i) || !one->smaller.brings ||
		    !STR_EQ(one->smaller.brings, set->items[database].name))
			continue;
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("the smaller image of %s keeps its documents in vpsfit's own database, which is to be "
			   "elsewhere; nothing was done"),
			 one->name)
			->hint = _("plan with the full image, or leave database-url out");
		return true;
	}
	return false;
}

/* Answers that size one machine, and what is done to it, say nothing of several. */
static void note_unused(struct session *s)
{
	static const enum answer_id ids[] = {ANSWER_PROFILE,	ANSWER_RAM,	  ANSWER_CPUS,	 ANSWER_LIMITS,
					     ANSWER_SWAP,	ANSWER_SWAP_FILE, ANSWER_DOMAIN, ANSWER_IMAGES,
					     ANSWER_SWAPPINESS, ANSWER_SERVICE};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *said = answer_text(&s->answers, ids[i]), *usual = answer_rows[ids[i]].usual;

		if (!answer_said(&s->answers, ids[i]) || !said || (usual && STR_EQ(said, usual)))
			continue;
		diag_note(&s->diags, "not-for-nodes", SEV_WARNING, NULL,
			  _("--%s is for one machine and changes nothing in a plan for several"),
			  answer_rows[ids[i]].name)
			->hint =
			_("each node's RAM and cores are in --node or --nodes; --workers and --overhead hold for all");
	}
}

/* Is it one of the labels that deploy.sh sets? */
static bool is_known_label(const struct session *s, const char *key)
{
	return STR_EQ(key, NODE_LABEL_WORKERS) || STR_EQ(key, NODE_LABEL_ONCE) ||
	       service_find(&s->catalog.services, key + strlen(NODE_LABEL)) != NO_SERVICE;
}

static const char *nearest_label(struct session *s, const char *key)
{
	const char *names[MAX_SERVICES], *meant;

	for (size_t i = 0; i < s->catalog.services.count; i++)
		names[i] = s->catalog.services.items[i].name;
	meant = text_nearest(key + strlen(NODE_LABEL), names, s->catalog.services.count);
	return meant ? arena_printf(&s->arena, _("did you mean '%s%s'?"), NODE_LABEL, meant)
		     : arena_printf(&s->arena, _("%sSERVICE=true says that the service's volume is on the node"),
				    NODE_LABEL);
}

/* A slip in a label would let a service begin with an empty volume, on another node. */
static void note_label(struct session *s, const struct node *n, const struct node_label *l)
{
	const size_t at = strncmp(l->key, NODE_LABEL, strlen(NODE_LABEL)) == 0
				  ? service_find(&s->catalog.services, l->key + strlen(NODE_LABEL))
				  : NO_SERVICE;

	if (strncmp(l->key, NODE_LABEL, strlen(NODE_LABEL)) == 0 && !is_known_label(s, l->key))
		diag_note(&s->diags, "label-unknown", SEV_WARNING, NULL,
			  _("node %s: '%s' is no label that vpsfit knows, and keeps nothing there"), n->name, l->key)
			->hint = nearest_label(s, l->key);
	else if (at != NO_SERVICE && !STR_EQ(l->value, "true") && !STR_EQ(l->value, "false"))
		diag_note(&s->diags, "label-unknown", SEV_WARNING, NULL,
			  _("node %s: '%s=%s' keeps nothing there: the value has to be true"), n->name, l->key,
			  l->value)
			->hint = _("write true where the service's volume is, and leave the label out elsewhere");
}

static void note_labels(struct session *s, const struct node_set *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		for (size_t k = 0; k < nodes->items[i].label_count; k++)
			note_label(s, &nodes->items[i], &nodes->items[i].labels[k]);
}

/* A volume is on one node: which of two is meant, nobody can tell. */
static void note_two_volumes(struct session *s, const struct nodes_plan *p)
{
	for (size_t i = 0; p->fits && i < p->set->count; i++) {
		const char *key = arena_printf(&s->arena, "%s%s", NODE_LABEL, p->set->items[i].name), *other = NULL;

		if (i == p->part || !p->in[i] || !p->set->items[i].swarm.stays)
			continue;
		for (size_t k = 0; k < p->count; k++)
			if (k != p->home[i] && node_has_label(p->nodes[k].node, key))
				other = p->nodes[k].node->name;
		if (!other)
			continue;
		diag_note(&s->diags, "label-twice", SEV_WARNING, NULL,
			  _("%s is planned on %s, and a label of %s says that its volume is there"),
			  p->set->items[i].name, p->nodes[p->home[i]].node->name, other)
			->hint = arena_printf(&s->arena, _("give %s=true to the one node that has the volume"), key);
	}
}

/*
 * Reads the nodes and plans for them. Looks at no fact of this machine and at no state. The plan points into nodes. A
 * plan that does not fit is no error here. session_prepare_elsewhere comes first. record: of the last export for a
 * swarm, which has volumes on nodes; or NULL.
 */
enum exit_code nodes_prepare(struct session *s, const struct export_record *record, struct node_set *nodes,
			     struct nodes_plan *ret)
{
	struct nodes_request req = {.services = &s->catalog.services, .answers = &s->answers, .nodes = nodes};
	struct node_set said;

	if (find_nodes(s, nodes) < 0)
		return EXIT_USAGE;
	note_unused(s);
	note_labels(s, nodes);
	req.database_elsewhere = session_database_url(s) != NULL;
	if (req.database_elsewhere && needs_own_database(s, &req))
		return EXIT_USAGE;
	said = *nodes;
	if (record && record_keep_places(&s->arena, record, req.services, req.database_elsewhere, &s->diags, nodes) < 0)
		return EXIT_USAGE;
	req.model = session_model(s);
	if (!req.model)
		return EXIT_USAGE;
	if (session_exports_helm(s)) {
		/* What a cluster has of its own, such as an ingress, is not planned. */
		for (size_t i = 0; i < req.services->count; i++)
			req.left_out[i] = !session_helm_values(s, i);
		/* The chart starts LiteLLM, and each of its workers loads the program for itself. */
		req.plain_start = true;
		nodes_plan_alike(&req, ret);
	} else {
		nodes_plan(&req, ret);
	}
	/* The labels of kept places are deploy.sh's to set: the plan shows those that were said. */
	*nodes = said;
	note_two_volumes(s, ret);
	return EXIT_DONE;
}

enum exit_code nodes_refuse(struct session *s, const struct nodes_plan *p)
{
	struct diag *d = diag_add(&s->diags, SEV_ERROR, NULL, _("the gateway does not fit these nodes"));

	d->hint = p->would_do_mib > 0 ? arena_printf(&s->arena, _("with one more node of %lld MiB it would"),
						     (long long)p->would_do_mib)
				      : _("take larger nodes, or more of them");
	return EXIT_DOES_NOT_FIT;
}

enum exit_code nodes_show_plan(struct session *s)
{
	struct nodes_plan *p = arena_alloc(&s->arena, sizeof(*p));
	struct node_set *nodes = arena_alloc(&s->arena, sizeof(*nodes));
	struct strbuf out = STRBUF_INIT;
	enum exit_code code = session_prepare_elsewhere(s) < 0 ? EXIT_USAGE : nodes_prepare(s, NULL, nodes, p);
	bool written = true;

	if (code != EXIT_DONE)
		return code;
	if (answer_on(&s->answers, ANSWER_JSON))
		nodes_json(p, &s->answers, &s->diags, &out);
	else
		nodes_text(p, &s->style, &out);
	if (!answer_on(&s->answers, ANSWER_QUIET))
		written = report_out(&out);
	strbuf_clear(&out);
	if (!written)
		return EXIT_FAILED;
	return p->fits || answer_on(&s->answers, ANSWER_FORCE) ? EXIT_DONE : nodes_refuse(s, p);
}

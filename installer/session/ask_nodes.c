/* SPDX-License-Identifier: MIT */
/* The nodes of the swarm that this machine's engine is a manager of. Asked only where somebody wants it. */
#include "session/ask_nodes.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "core/vps.h"
#include "files/run_lines.h"
#include "session/session.h"

#define ASK_MS 15000
#define MIB (1 << 20)

/* Fields with tabs between them, by the names of Docker's own types; the labels come last. */
static const char format[] =
	"{{.Description.Hostname}}\t{{.Description.Resources.MemoryBytes}}\t{{.Description.Resources.NanoCPUs}}\t"
	"{{.Status.State}}\t{{.Spec.Availability}}{{range $k, $v := .Spec.Labels}}\t{{$k}}={{$v}}{{end}}";

struct asking {
	struct session *s;
	struct node_set *ret;
	const char *ids[MAX_NODES];
	size_t id_count;
	size_t left_out;
	const char *twice; /* a name that two of them have; NULL: there is none */
	bool too_many;
};

static void take_id(void *context, const char *text)
{
	struct asking *ask = context;
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (n == 0 || n > 64 || text[n])
		return;
	if (ask->id_count == MAX_NODES)
		ask->too_many = true;
	else
		ask->ids[ask->id_count++] = arena_strdup(&ask->s->arena, text);
}

/* Cuts the next field off; NULL: there is none. */
static char *field(char **rest)
{
	char *start = *rest, *tab = start ? strchr(start, '\t') : NULL;

	*rest = tab ? tab + 1 : NULL;
	if (tab)
		*tab = '\0';
	return start;
}

/* The smallest usual size that shows so much memory, else what it shows. */
static int64_t as_sold(int64_t usable_mib)
{
	for (size_t i = 0; i < VPS_SIZES; i++)
		if (vps_sizes[i] >= usable_mib)
			return vps_sizes[i];
	return usable_mib;
}

/* Labels of vpsfit's own, or all others. */
static void take_labels(struct asking *ask, const char *all, bool own, struct node *n)
{
	char *rest = arena_strdup(&ask->s->arena, all);

	for (char *text = field(&rest); text; text = field(&rest)) {
		char *equals = strchr(text, '=');

		if (!equals || (strncmp(text, NODE_LABEL, strlen(NODE_LABEL)) == 0) != own ||
		    n->label_count == MAX_NODE_LABELS)
			continue;
		*equals = '\0';
		n->labels[n->label_count++] = (struct node_label){text, equals + 1};
	}
}

static void take_node(void *context, const char *line)
{
	struct asking *ask = context;
	char *rest = arena_strdup(&ask->s->arena, line);
	const char *name = field(&rest), *memory = field(&rest), *cpus = field(&rest), *state = field(&rest),
		   *availability = field(&rest);
	uint64_t bytes, nano;
	struct node n;

	if (!availability || !node_name_is_valid(name) || !parse_uint(memory, INT64_MAX, &bytes) ||
	    !parse_uint(cpus, INT64_MAX, &nano) || !STR_EQ(state, "ready") || !STR_EQ(availability, "active") ||
	    ask->ret->count == MAX_NODES) {
		ask->left_out++;
		return;
	}
	n = node_of(name, as_sold((int64_t)(bytes / MIB)), max_i64(1, (int64_t)(nano / 1000000000)));
	n.usable_mib = (int64_t)(bytes / MIB);
	/* A node may have more than there is room for; those that say where volumes are come first. */
	take_labels(ask, rest ? rest : "", true, &n);
	take_labels(ask, rest ? rest : "", false, &n);
	if (node_find(ask->ret, name) < MAX_NODES)
		ask->twice = name;
	ask->ret->items[ask->ret->count++] = n;
}

static int refuse(struct session *s, const char *why)
{
	diag_add(&s->diags, SEV_ERROR, NULL, _("the nodes of the swarm cannot be listed: %s; nothing was done"), why)
		->hint = _("run it on a manager, or name the nodes: --node NAME=RAM,CPUS for each");
	return -EINVAL;
}

static const char *why_not(int rc)
{
	return rc == -ETIMEDOUT ? _("the engine did not answer in 15 s") : _("this machine's engine is not a manager");
}

/* Asks the engine. Nodes that are down or drained are left out, which is said. Returns 0, or -EINVAL with an error. */
int session_ask_nodes(struct session *s, struct node_set *ret)
{
	struct asking ask = {.s = s, .ret = ret};
	const char *argv[MAX_NODES + 6] = {NULL, "node", "inspect", "--format", format};
	const char *list[] = {NULL, "node", "ls", "--quiet", NULL};
	struct lines_request ids = {.argv = list, .timeout_ms = ASK_MS, .line = take_id, .context = &ask},
			     nodes = {.argv = argv, .timeout_ms = ASK_MS, .line = take_node, .context = &ask};
	int rc;

	*ret = (struct node_set){.count = 0};
	if (!sysroot_is_live(&s->root))
		return refuse(s, _("a tree of another machine has no engine"));
	if (session_detect(s) < 0 || !s->machine.engine.docker_path)
		return refuse(s, _("there is no docker command"));
	argv[0] = list[0] = s->machine.engine.docker_path;
	rc = run_lines(&ids);
	if (rc != 0 || ask.id_count == 0)
		return refuse(s, why_not(rc));
	if (ask.too_many)
		return refuse(s, _("there are more than 64"));
	memcpy(argv + 5, ask.ids, ask.id_count * sizeof(argv[0]));
	rc = run_lines(&nodes);
	if (rc != 0)
		return refuse(s, why_not(rc));
	if (ret->count == 0)
		return refuse(s, _("none of them is ready and active"));
	if (ask.twice) {
		diag_add(
			&s->diags, SEV_ERROR, NULL,
			_("two nodes of the swarm are called %s, and no command could tell them apart; nothing was done"),
			ask.twice)
			->hint = _(
			"give one of the machines another name (hostnamectl), and restart its engine; one that is no more "
			"goes with 'docker node rm'");
		return -EINVAL;
	}
	if (ask.left_out > 0)
		diag_note(&s->diags, "nodes-left-out", SEV_INFO, NULL,
			  Q_("%zu node is down, drained or has a name that is not understood; it is not planned with",
			     "%zu nodes are down, drained or have names that are not understood; they are not planned "
			     "with",
			     ask.left_out),
			  ask.left_out);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The commands that put the stack into a swarm: labels, secrets, the stack. One can read and run them one by one. */
#include <string.h>

#include "core/shell.h"
#include "export/record.h"
#include "export/swarm.h"

static const char head[] =
	"#!/bin/sh\n"
	"# Puts the gateway into a swarm: on a manager node, in a copy of this directory.\n"
	"# Run again after each new export; what is there already is left, and what changed is updated.\n"
	"set -eu\n"
	"cd \"$(dirname \"$0\")\"\n\n";

static void put_labels(const struct nodes_plan *p, size_t node, struct strbuf *out)
{
	const struct node_plan *n = &p->nodes[node];

	strbuf_puts(out, "docker node update");
	for (size_t s = 0; s < p->set->count; s++)
		if (s != p->part && p->in[s])
			strbuf_printf(out, " --label-add %s%s=%s", NODE_LABEL, p->set->items[s].name,
				      n->runs[s] || n->stand_by[s] ? "true" : "false");
	strbuf_printf(out, " --label-add %s=%lld", NODE_LABEL_WORKERS, (long long)n->workers);
	if (p->set->items[p->part].swarm.once)
		strbuf_printf(out, " --label-add " NODE_LABEL_ONCE "=%s", p->once == node ? "true" : "false");
	strbuf_putc(out, ' ');
	shell_word(out, n->node->name);
	strbuf_puts(out, " >/dev/null\n");
}

/* A node of an earlier export would go on with what this one has elsewhere. It may be gone itself. */
static void put_removal(const struct export_source *source, const struct nodes_plan *p, struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; source->record && i < source->record->node_count; i++) {
		const char *name = source->record->nodes[i];
		bool planned = false;

		for (size_t k = 0; k < p->count; k++)
			planned |= STR_EQ(p->nodes[k].node->name, name);
		if (planned)
			continue;
		if (!any)
			strbuf_puts(
				out,
				"# Nodes of earlier exports that are not in this one: vpsfit's labels go. Some may be gone already.\n");
		any = true;
		strbuf_puts(out, "for label in " NODE_LABEL_WORKERS " " NODE_LABEL_ONCE);
		for (size_t s = 0; s < p->set->count; s++)
			if (s != p->part)
				strbuf_printf(out, " " NODE_LABEL "%s", p->set->items[s].name);
		strbuf_puts(out, "; do\n\tdocker node update --label-rm \"$label\" ");
		shell_word(out, name);
		strbuf_puts(out, " >/dev/null 2>&1 || :\ndone\n");
	}
}

/* The value goes through a pipe: it is on no command line and in no other file. */
static void put_secrets(const struct export_result *r, struct strbuf *out)
{
	strbuf_puts(
		out,
		"# Secrets cannot be changed: another value has another name, and what is there is what it should be.\n"
		"secret() {\n"
		"\tif docker secret inspect \"$1\" >/dev/null 2>&1; then return; fi\n"
		"\tif ! grep -q \"^$2=\" .env 2>/dev/null; then\n"
		"\t\techo \"deploy.sh: the swarm has no secret $1, and .env beside this script has no line $2=; put .env back\" >&2\n"
		"\t\texit 1\n"
		"\tfi\n"
		"\tsed -n \"s/^$2=//p\" .env | tr -d '\\n' | docker secret create \"$1\" - >/dev/null\n"
		"}\n");
	for (size_t i = 0; i < r->secret_count; i++)
		strbuf_printf(out, "secret %s %s\n", r->secrets[i].name, r->secrets[i].key);
}

static void put_unset(const struct export_result *r, struct strbuf *out)
{
	if (r->empty_count == 0)
		return;
	strbuf_puts(out, "\n# Empty in the stack: Docker would give them the values that this shell has.\nunset");
	for (size_t i = 0; i < r->empty_count; i++)
		strbuf_printf(out, " %s", r->empty[i]);
	strbuf_putc(out, '\n');
}

/* How people come in, where the stack publishes nothing. */
static void put_door(const struct export_source *source, const struct nodes_plan *p, const struct export_result *r,
		     struct strbuf *out)
{
	const struct export_door *d = &r->door;

	if (!d->target || d->open)
		return;
	strbuf_puts(
		out,
		"\n# No port is published. This opens one on the node that it runs on, on every address of it, until the next deploy:\n");
	strbuf_printf(out, "# docker service update --publish-add published=%s,target=%s,mode=host %s_%s\n",
		      d->published, d->target, source->name, p->set->items[d->service].name);
}

void swarm_script(const struct export_source *source, const struct nodes_plan *plan, const struct export_result *r,
		  struct strbuf *out)
{
	strbuf_puts(out, head);
	/* First, as it is what can be missing. */
	put_secrets(r, out);
	strbuf_puts(out, "\n# Where the plan has each service. Other labels stay.\n");
	for (size_t i = 0; i < plan->count; i++)
		put_labels(plan, i, out);
	put_removal(source, plan, out);
	put_unset(r, out);
	strbuf_printf(out, "\ndocker stack deploy --prune --compose-file stack.yaml %s\n", source->name);
	strbuf_printf(out, "docker stack services %s\n", source->name);
	put_door(source, plan, r, out);
}

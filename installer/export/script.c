/* SPDX-License-Identifier: MIT */
/* The commands that put the stack into a swarm: labels, secrets, the stack. One can read and run them one by one. */
#include "core/shell.h"
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
		strbuf_printf(out, " --label-add " LABEL_ONCE "=%s", p->once == node ? "true" : "false");
	strbuf_putc(out, ' ');
	shell_word(out, n->node->name);
	strbuf_puts(out, " >/dev/null\n");
}

/* The value goes through a pipe: it is on no command line and in no other file. */
static void put_secrets(const struct export_result *r, struct strbuf *out)
{
	strbuf_puts(
		out,
		"\n# Secrets cannot be changed: another value has another name, and what is there is what it should be.\n"
		"secret() {\n"
		"\tdocker secret inspect \"$1\" >/dev/null 2>&1 ||\n"
		"\t\tsed -n \"s/^$2=//p\" .env | tr -d '\\n' | docker secret create \"$1\" - >/dev/null\n"
		"}\n");
	for (size_t i = 0; i < r->secret_count; i++)
		strbuf_printf(out, "secret %s %s\n", r->secrets[i].name, r->secrets[i].key);
}

void swarm_script(const struct export_source *source, const struct nodes_plan *plan, const struct export_result *r,
		  struct strbuf *out)
{
	strbuf_puts(out, head);
	strbuf_puts(out, "# Where the plan has each service. Other labels stay.\n");
	for (size_t i = 0; i < plan->count; i++)
		put_labels(plan, i, out);
	put_secrets(r, out);
	strbuf_printf(out, "\ndocker stack deploy --prune --compose-file stack.yaml %s\n", source->name);
	strbuf_printf(out, "docker stack services %s\n", source->name);
}

/* SPDX-License-Identifier: MIT */
/* What an export says besides the plan: where the volumes are, and how people come in. */
#include "core/i18n.h"
#include "core/text.h"
#include "output/nodes.h"

static void volumes(const struct nodes_plan *p, struct strbuf *out)
{
	struct strbuf list = STRBUF_INIT;
	const char *last = "";

	for (size_t s = 0; s < p->set->count; s++) {
		if (!p->in[s] || s == p->part || !p->set->items[s].swarm.stays)
			continue;
		last = p->set->items[s].name;
		text_printf(&list, _("%s%s on %s"), list.len ? ", " : "", last, p->nodes[p->home[s]].node->name);
	}
	if (list.len > 0)
		style_wrapf(
			out, "", 0,
			_("Volumes: %s. A later export into this directory leaves them there, whatever nodes there are; a "
			  "label such as %s%s=true on another node says that its volume was moved."),
			strbuf_text(&list), NODE_LABEL, last);
	strbuf_clear(&list);
}

static void open_door(const struct nodes_plan *p, const struct export_door *d, struct strbuf *out)
{
	style_wrapf(
		out, "", 0,
		_("%s answers on port %s of the node that it runs on, now %s, on every address of it and without TLS: a "
		  "firewall or a TLS proxy has to stand before it."),
		p->set->items[d->service].name, d->published, p->nodes[p->home[d->service]].node->name);
}

static void closed_door(const struct nodes_plan *p, const struct export_result *r, struct strbuf *out)
{
	const struct export_door *d = &r->door;
	const char *service = p->set->items[d->service].name;

	style_wrapf(
		out, "", 0,
		_("No port is published, so nobody reaches %s yet. On a manager, this opens one on the node that it runs "
		  "on, now %s, on every address of it, until deploy.sh runs again:"),
		service, p->nodes[p->home[d->service]].node->name);
	text_printf(out, "  docker service update --publish-add published=%s,target=%s,mode=host %s_%s\n", d->published,
		    d->target, r->stack, service);
	style_wrapf(
		out, "", 0,
		_("Have a firewall before it, and come in by 'ssh -L %s:127.0.0.1:%s' to that node; or export with --bind "
		  "0.0.0.0, which keeps it open. A TLS proxy in a stack of its own joins the network %s_gateway and leads "
		  "to %s:%s."),
		d->published, d->published, r->stack, service, d->target);
}

/* The service that people use is the one that keeps data of theirs. */
static void of_cluster(const struct nodes_plan *p, struct strbuf *out)
{
	style_wrap(
		out, "", 0,
		_("Nothing is published: the charts' ingress is the cluster's to set. To look at it from your own computer:"));
	for (size_t s = 0; s < p->set->count; s++)
		if (p->in[s] && s != p->part && s != p->database && p->set->items[s].swarm.stays)
			text_printf(out, "  kubectl --namespace ai-gateway port-forward service/%s 8080:80\n",
				    p->set->items[s].name);
}

void export_text(const struct nodes_plan *p, const struct export_result *r, struct strbuf *out)
{
	strbuf_putc(out, '\n');
	if (p->in_swarm)
		volumes(p, out);
	if (!r->stack)
		of_cluster(p, out);
	else if (r->door.target && r->door.open)
		open_door(p, &r->door, out);
	else if (r->door.target)
		closed_door(p, r, out);
}

/* SPDX-License-Identifier: MIT */
#include "output/nodes.h"

#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/columns.h"

/* 20 columns are left for the verdict. Headings of all languages fit. */
enum { NAME = 14, SIZE = 8, CORES = 8, WORKERS = 9, FIGURE = 8, GAP = 2 };

static void head(struct strbuf *out)
{
	columns_left(out, _("node"), NAME);
	columns_right(out, _("RAM"), SIZE);
	columns_right(out, _("cores"), CORES);
	columns_right(out, _("workers"), WORKERS);
	columns_right(out, _("idle"), FIGURE);
	columns_right(out, _("peak"), FIGURE);
	columns_right(out, _("usable"), FIGURE);
	columns_left(out, "", GAP);
	strbuf_puts(out, _("verdict"));
	strbuf_putc(out, '\n');
}

/* Names of services that are marked, with commas between them. */
static const char *names(const struct nodes_plan *p, const bool marked[static MAX_SERVICES], struct strbuf *out)
{
	strbuf_clear(out);
	for (size_t s = 0; s < p->set->count; s++)
		if (marked[s])
			text_printf(out, "%s%s", out->len ? ", " : "", p->set->items[s].name);
	return strbuf_text(out);
}

static void row(const struct nodes_plan *p, const struct node_plan *n, const struct style *style, struct strbuf *out)
{
	struct strbuf list = STRBUF_INIT;
	char size[UNITS_TEXT];

	columns_left(out, n->node->name, NAME);
	columns_right(out, format_plan(n->node->ram_mib, size), SIZE);
	columns_figure(out, true, n->node->cpus, CORES);
	columns_figure(out, true, n->workers, WORKERS);
	columns_figure(out, true, n->idle_mib, FIGURE);
	columns_figure(out, true, n->peak_mib, FIGURE);
	columns_figure(out, true, n->node->usable_mib, FIGURE);
	columns_left(out, "", GAP);
	style_add(style, out, style_of_verdict(n->idle), verdict_text(n->idle));
	if (n->peak == VERDICT_DOES_NOT_FIT && n->idle != VERDICT_DOES_NOT_FIT)
		style_add(style, out, COLOUR_WARN, _(", peak over RAM"));
	strbuf_putc(out, '\n');
	if (n->system_mib + n->engine_mib > n->node->usable_mib)
		style_wrapf(out, "", GAP, _("left empty: its own system and engine take %lld MiB"),
			    (long long)(n->system_mib + n->engine_mib));
	if (names(p, n->runs, &list)[0])
		style_wrapf(out, "", GAP, _("runs: %s"), strbuf_text(&list));
	if (names(p, n->stand_by, &list)[0])
		style_wrapf(out, "", GAP, _("keeps room for: %s"), strbuf_text(&list));
	strbuf_clear(&list);
}

static void sums(const struct nodes_plan *p, struct strbuf *out)
{
	const char *database = p->database == NO_SERVICE ? _("what the database elsewhere has to allow")
							 : _("PostgreSQL's max_connections");

	strbuf_putc(out, '\n');
	if (!p->in_swarm)
		style_wrap(
			out, "", 0,
			_("The cluster decides what runs on which node: the table is one way that fits, and the values ask for "
			  "sizes and counts and for no node by name. A chart's nodeSelector pins a service."));
	style_wrapf(
		out, "", 0,
		_("Workers of %s: %lld, in %lld of the nodes. A node has at most one copy of it, with as many workers "
		  "as it carries: with more than one, every container there has room at its limit."),
		p->set->items[p->part].name, (long long)p->workers, (long long)p->copy_count);
	style_wrapf(out, "", 0, _("Services: %lld MiB expected, %lld reserved, %lld at their limits."),
		    (long long)p->sum.expected_mib, (long long)p->sum.reservation_mib, (long long)p->sum.limit_mib);
	style_wrapf(out, "", 0, _("Connections to the database: workers %lld x %lld + %lld = %lld, %s."),
		    (long long)p->workers, (long long)p->pool_size, (long long)p->reserve, (long long)p->connections,
		    database);
	if (p->database == NO_SERVICE)
		style_wrap(
			out, "", 0,
			_("'SHOW max_connections' in it tells how many it allows in all, other programs' included; where those "
			  "are fewer, raise it there, or take fewer workers (--workers)."));
	style_wrapf(out, "", 0,
		    _("MiB by the cost model %s; each node's own system (%lld, where nothing else is said) and engine "
		      "(%lld) are in its figures."),
		    p->model->name, (long long)p->model->system_mib[DISTRO_TYPICAL], (long long)p->model->engine_mib);
}

static void updates(const struct nodes_plan *p, struct strbuf *out)
{
	struct strbuf first = STRBUF_INIT, last = STRBUF_INIT;

	for (size_t i = 0; i < p->count; i++) {
		struct strbuf *to = p->nodes[i].start_first ? &first : &last;

		if (p->nodes[i].workers > 0)
			text_printf(to, "%s%s", to->len ? ", " : "", p->nodes[i].node->name);
	}
	if (first.len > 0)
		style_wrapf(out, "", 0, _("An update starts the new copy before the old one ends on: %s."),
			    strbuf_text(&first));
	if (last.len > 0)
		style_wrapf(out, "", 0,
			    p->copy_count > 1
				    ? _("There is no room for two copies on: %s. There an update ends the old "
					"copy first, one node at a time, and the other copies answer.")
				    : _("There is no room for two copies on: %s. There an update ends the old "
					"copy first, and nobody answers until the new one is ready."),
			    strbuf_text(&last));
	if (p->set->items[p->part].swarm.once)
		style_wrapf(
			out, "", 0,
			p->once_has_room
				? _("With each new release a further container brings the database up to date and ends, "
				    "on %s, with a limit of %lld MiB; there is room for it.")
				: _("With each new release a further container brings the database up to date and ends, "
				    "on %s, with a limit of %lld MiB; where everything else is at its limit there is no "
				    "room for it."),
			p->nodes[p->once].node->name, (long long)p->copies[1].limit_mib);
	strbuf_clear(&first);
	strbuf_clear(&last);
}

static const char *loss_text(enum node_loss l)
{
	static const char *const texts[] = {
		[LOSS_NOTHING] = N_("the rest answers on"),
		[LOSS_A_SERVICE] = N_("programs are answered on, people wait until it is back"),
		[LOSS_EVERYTHING] = N_("nobody is answered until it is back"),
	};

	ALL_NAMED(texts, LOSS_COUNT);
	return _(texts[l]);
}

static void losses(const struct nodes_plan *p, struct strbuf *out)
{
	struct strbuf list = STRBUF_INIT, line = STRBUF_INIT;

	strbuf_puts(out, _("\nA node lost:\n"));
	for (size_t i = 0; i < p->count; i++) {
		const struct node_plan *n = &p->nodes[i];

		strbuf_clear(&line);
		text_printf(&line, _("%s: %s; %lld of %lld workers are left."), n->node->name, loss_text(n->loss),
			    (long long)n->workers_left, (long long)p->workers);
		if (names(p, n->moves, &list)[0])
			text_printf(&line, _(" Placed anew elsewhere: %s."), strbuf_text(&list));
		if (names(p, n->waits, &list)[0])
			text_printf(&line, _(" Waits for the node: %s."), strbuf_text(&list));
		style_wrap(out, "", GAP, strbuf_text(&line));
	}
	strbuf_clear(&line);
	strbuf_clear(&list);
}

static void outlook(const struct nodes_plan *p, struct strbuf *out)
{
	char size[UNITS_TEXT];

	strbuf_putc(out, '\n');
	if (p->more.ram_mib > 0)
		style_wrapf(out, "", 0,
			    p->more.workers > p->workers
				    ? _("One more node (%s, cores: %lld): %lld workers in place of %lld.")
				    : _("One more node (%s, cores: %lld): no more workers."),
			    format_plan(p->more.ram_mib, size), (long long)p->more.cpus, (long long)p->more.workers,
			    (long long)p->workers);
	style_wrapf(out, "", 0,
		    p->larger.workers > p->workers ? _("A larger %s (%s, cores: %lld): %lld workers in place of %lld.")
						   : _("A larger %s (%s, cores: %lld): no more workers."),
		    p->larger.name, format_plan(p->larger.ram_mib, size), (long long)p->larger.cpus,
		    (long long)p->larger.workers, (long long)p->workers);
}

static void cannot(struct strbuf *out)
{
	strbuf_putc(out, '\n');
	style_wrap(
		out, "", 0,
		_("Docker Swarm limits memory and not memory and swap together: where a node has swap, each service may "
		  "take as much of it as its limit. No swap is planned with; leave it off, or set it for each service with "
		  "'docker service update --memory-swap' (Docker 29 and later)."));
	style_wrap(
		out, "", 0,
		_("A reservation decides where Swarm places a service, and protects nobody while it runs. Swarm knows "
		  "nothing of what a node's own system takes: the labels keep to the plan."));
}

static void does_not_fit(const struct nodes_plan *p, struct strbuf *out)
{
	char size[UNITS_TEXT];

	strbuf_putc(out, '\n');
	if (p->no_room != NO_SERVICE)
		style_wrapf(out, "", 0, _("It does not fit: no node has room for %s."), p->set->items[p->no_room].name);
	else
		style_wrap(
			out, "", 0,
			_("It does not fit: each service has a node with room for it, and all of them together do not."));
	if (p->would_do_mib > 0)
		style_wrapf(out, "", 0, _("One more node of %s would be enough."), format_plan(p->would_do_mib, size));
}

void nodes_text(const struct nodes_plan *p, const struct style *style, struct strbuf *out)
{
	head(out);
	for (size_t i = 0; i < p->count; i++)
		row(p, &p->nodes[i], style, out);
	if (!p->fits) {
		does_not_fit(p, out);
		return;
	}
	sums(p, out);
	updates(p, out);
	losses(p, out);
	outlook(p, out);
	if (p->in_swarm)
		cannot(out);
}

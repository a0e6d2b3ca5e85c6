/* SPDX-License-Identifier: MIT */
/* The plan over several machines, put together: sums, verdicts, room that is kept, order of updates, a node lost. */
#include "core/nodes.h"

#include <string.h>

#include "core/i18n.h"
#include "core/nodes_pack.h"
#include "core/planner.h"
#include "core/units.h"
#include "core/vps.h"

const char *node_loss_name(enum node_loss l)
{
	static const char *const names[] = {
		[LOSS_NOTHING] = "answers", [LOSS_A_SERVICE] = "partly", [LOSS_EVERYTHING] = "down"};

	ALL_NAMED(names, LOSS_COUNT);
	return names[l];
}

struct node_sizes nodes_sizes(const struct nodes_plan *p, size_t node, size_t service)
{
	return service == p->part ? p->copies[p->nodes[node].workers] : p->sizes[service];
}

int64_t nodes_most_workers(const struct nodes_plan *p)
{
	int64_t most = 1;

	for (size_t i = 0; i < p->count; i++)
		most = max_i64(most, p->nodes[i].workers);
	return most;
}

static struct node_load load_of(const struct packing *pack, const struct nodes_plan *p, size_t node)
{
	const struct node_plan *n = &p->nodes[node];
	struct node_load load = pack_load(pack, n->node);

	for (size_t s = 0; s < p->set->count; s++)
		if (n->runs[s] || n->stand_by[s]) {
			struct node_sizes sizes = nodes_sizes(p, node, s);

			pack_add(&load, &sizes);
		}
	return load;
}

static void take_packed(const struct packing *pack, const struct packed *packed, struct nodes_plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct node_plan *n = &p->nodes[i];

		n->workers = packed->workers[i];
		n->runs[p->part] = n->workers > 0;
		p->copy_count += n->workers > 0;
		for (size_t f = 0; f < pack->fixed_count; f++) {
			if (!(packed->runs[i] & 1u << f))
				continue;
			n->runs[pack->fixed[f]] = true;
			p->home[pack->fixed[f]] = i;
			p->sizes[pack->fixed[f]] = pack->sizes[f];
		}
	}
	for (size_t f = 0; f < pack->fixed_count; f++)
		p->in[pack->fixed[f]] = true;
	p->in[p->part] = p->copy_count > 0;
}

/* Has the service no data, so that any node with room may have it? */
static bool floats(const struct nodes_plan *p, size_t service)
{
	return p->in[service] && service != p->part && !p->set->items[service].swarm.stays;
}

/*
 * A service without data is placed anew where its node is lost. Room for it is kept on the node that has most, at its
 * limit, so that Swarm may place it on either. Where no node has room, it stays where it is.
 */
static void keep_room(const struct packing *pack, struct nodes_plan *p, size_t service)
{
	size_t best = MAX_NODES;
	int64_t most = -1;

	for (size_t i = 0; i < p->count; i++) {
		struct node_load load = load_of(pack, p, i);
		int64_t left = p->nodes[i].node->usable_mib - load.peak_mib;

		pack_add(&load, &p->sizes[service]);
		if (i == p->home[service] || left <= most || !pack_holds(p->nodes[i].node, &load, true))
			continue;
		best = i;
		most = left;
	}
	if (best < MAX_NODES)
		p->nodes[best].stand_by[service] = true;
}

/* Is there room for a second copy beside the first, at its limit, for as long as an update takes? */
static bool may_start_first(const struct packing *pack, const struct nodes_plan *p, size_t node)
{
	struct node_load load = load_of(pack, p, node);

	pack_add(&load, &p->copies[p->nodes[node].workers]);
	return p->nodes[node].workers > 0 && pack_holds(p->nodes[node].node, &load, true);
}

static void judge(const struct packing *pack, struct nodes_plan *p, size_t node)
{
	struct node_plan *n = &p->nodes[node];
	const struct node_load load = load_of(pack, p, node);

	n->idle_mib = load.idle_mib;
	n->peak_mib = load.peak_mib;
	n->reserved_mib = load.reserved_mib - n->system_mib - n->engine_mib;
	/* No swap is counted: Swarm gives each service as much of it as it has memory, whatever the plan says. */
	n->idle = plan_verdict(load.idle_mib, n->node->usable_mib, 0);
	n->peak = plan_verdict(load.peak_mib, n->node->usable_mib, 0);
	n->start_first = may_start_first(pack, p, node);
}

/* Copies of the same size are updated together: all of their nodes have the room, or none counts on it. */
static void settle_order(struct nodes_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++)
			if (p->nodes[k].workers == p->nodes[i].workers && !p->nodes[k].start_first)
				p->nodes[i].start_first = false;
}

/* The node that a lost copy is placed on: one with as many workers that has room for two. */
static size_t another_for_copy(const struct nodes_plan *p, size_t lost)
{
	for (size_t i = 0; i < p->count; i++)
		if (i != lost && p->nodes[i].workers == p->nodes[lost].workers && p->nodes[i].start_first)
			return i;
	return MAX_NODES;
}

static size_t another_for(const struct nodes_plan *p, size_t service, size_t lost)
{
	if (service == p->part)
		return another_for_copy(p, lost);
	for (size_t i = 0; i < p->count; i++)
		if (i != lost && p->nodes[i].stand_by[service])
			return i;
	return MAX_NODES;
}

/* What a service's absence means. One that is optional is done without. */
static enum node_loss loss_of(const struct nodes_plan *p, size_t service)
{
	const struct service *s = &p->set->items[service];

	if (service == p->part || s->optional_from > 0)
		return LOSS_NOTHING;
	return s->part == PART_DATABASE || !s->swarm.stays ? LOSS_EVERYTHING : LOSS_A_SERVICE;
}

static void lose(struct nodes_plan *p, size_t lost)
{
	struct node_plan *n = &p->nodes[lost];

	n->workers_left = p->workers - n->workers;
	for (size_t s = 0; s < p->set->count; s++) {
		const size_t to = n->runs[s] ? another_for(p, s, lost) : MAX_NODES;

		if (!n->runs[s])
			continue;
		n->moves[s] = to < MAX_NODES;
		n->moves_to[s] = to;
		n->waits[s] = !n->moves[s];
		if (n->moves[s] && s == p->part)
			n->workers_left += n->workers;
		if (n->waits[s] && loss_of(p, s) > n->loss)
			n->loss = loss_of(p, s);
	}
	if (n->workers_left == 0)
		n->loss = LOSS_EVERYTHING;
}

/*
 * Where the one runs that brings the tables up to date, at each update and not for long: on the node with most room
 * left. It takes what the start of one worker takes.
 */
static void place_once(const struct packing *pack, struct nodes_plan *p)
{
	int64_t most = -1;

	for (size_t i = 0; i < p->count; i++) {
		struct node_load load = load_of(pack, p, i);
		const int64_t left = p->nodes[i].node->usable_mib - load.peak_mib;

		if (i > 0 && left <= most)
			continue;
		most = left;
		p->once = i;
		pack_add(&load, &p->copies[1]);
		p->once_has_room = pack_holds(p->nodes[i].node, &load, true);
	}
}

static void add_up(struct nodes_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t s = 0; s < p->set->count; s++) {
			const struct node_sizes one = nodes_sizes(p, i, s);

			if (!p->nodes[i].runs[s])
				continue;
			p->sum.expected_mib += one.expected_mib;
			p->sum.limit_mib += one.limit_mib;
			p->sum.reservation_mib += one.reservation_mib;
		}
}

static void finish(const struct packing *pack, struct nodes_plan *p)
{
	for (size_t s = 0; s < p->set->count; s++)
		if (floats(p, s))
			keep_room(pack, p, s);
	for (size_t i = 0; i < p->count; i++)
		judge(pack, p, i);
	settle_order(p);
	for (size_t i = 0; i < p->count; i++)
		lose(p, i);
	place_once(pack, p);
	add_up(p);
}

static int64_t most_workers(const struct nodes_request *req, const struct node_set *nodes)
{
	struct nodes_request other = *req;
	struct packing pack;
	struct packed packed;

	other.nodes = nodes;
	pack_begin(&other, &pack);
	return pack.part == NO_SERVICE ? 0 : pack_most(&pack, &packed);
}

/* One more node like the last, and the smallest one with twice as much of everything. */
static void look_ahead(const struct nodes_request *req, struct nodes_plan *p)
{
	const struct node_set *nodes = req->nodes;
	struct node_set other = *nodes;
	size_t small = 0;

	for (size_t i = 1; i < nodes->count; i++)
		if (nodes->items[i].usable_mib < nodes->items[small].usable_mib)
			small = i;
	if (nodes->count < MAX_NODES) {
		const struct node *last = &nodes->items[nodes->count - 1];

		other.items[other.count++] = node_of("", last->ram_mib, last->cpus);
		p->more = (struct nodes_outlook){NULL, last->ram_mib, last->cpus, most_workers(req, &other)};
	}
	other = *nodes;
	other.items[small].ram_mib *= 2;
	other.items[small].usable_mib = max_i64(nodes->items[small].usable_mib, vps_usable(other.items[small].ram_mib));
	other.items[small].cpus *= 2;
	p->larger = (struct nodes_outlook){nodes->items[small].name, other.items[small].ram_mib,
					   other.items[small].cpus, most_workers(req, &other)};
}

/* Which service no node has room for, and the smallest usual size of one more node with which all would go. */
static void explain(const struct nodes_request *req, struct packing *pack, struct nodes_plan *p)
{
	p->no_room = NO_SERVICE;
	pack_size(pack, 1);
	for (size_t f = 0; f < pack->fixed_count; f++) {
		bool room = false;

		for (size_t i = 0; i < req->nodes->count && !room; i++) {
			struct node_load load = pack_load(pack, &req->nodes->items[i]);

			pack_add(&load, &pack->sizes[f]);
			room = pack_holds(&req->nodes->items[i], &load, false);
		}
		if (!room && p->no_room == NO_SERVICE)
			p->no_room = pack->fixed[f];
	}
	for (size_t i = 0; i < VPS_SIZES && p->would_do_mib == 0 && req->nodes->count < MAX_NODES; i++) {
		struct node_set other = *req->nodes;

		other.items[other.count++] = node_of("", vps_sizes[i], vps_cores(vps_sizes[i]));
		if (most_workers(req, &other) > 0)
			p->would_do_mib = vps_sizes[i];
	}
}

/*
 * Plans with as many workers in every copy, which is all that one Deployment can have: the count that gives the most in
 * all, of those the one with most copies. Sets req->exact.
 */
void nodes_plan_alike(struct nodes_request *req, struct nodes_plan *ret)
{
	int64_t best = 0, count = 0, most;

	for (int64_t w = 1; w <= MAX_WORKERS && answer_number(req->answers, ANSWER_WORKERS) <= 0; w++) {
		req->exact = w;
		most = most_workers(req, req->nodes);
		if (most > best) {
			best = most;
			count = w;
		}
	}
	req->exact = count;
	nodes_plan(req, ret);
}

/* Plans. Where nothing fits, ret->fits is false and nothing is placed; the nodes' own sums are there all the same. */
void nodes_plan(const struct nodes_request *req, struct nodes_plan *ret)
{
	struct nodes_plan p = {
		.set = req->services, .model = req->model, .count = req->nodes->count, .in_swarm = !req->plain_start};
	struct packed packed = {.workers = {0}};
	struct packing pack;

	pack_begin(req, &pack);
	memcpy(p.copies, pack.copies, sizeof(p.copies));
	p.part = pack.part;
	p.no_room = NO_SERVICE;
	p.database = req->database_elsewhere ? NO_SERVICE : service_by_part(req->services, PART_DATABASE);
	for (size_t i = 0; i < p.count; i++) {
		const struct node_load own = pack_load(&pack, &req->nodes->items[i]);

		p.nodes[i] = (struct node_plan){.node = &req->nodes->items[i], .engine_mib = req->model->engine_mib};
		p.nodes[i].system_mib = own.idle_mib - req->model->engine_mib;
	}
	if (p.part != NO_SERVICE && p.count > 0)
		p.workers = pack_most(&pack, &packed);
	p.fits = p.workers > 0;
	p.pool_size = req->model->pool_per_worker;
	p.reserve = req->model->reserve_connections;
	p.connections = p.workers * p.pool_size + p.reserve;
	if (p.fits)
		take_packed(&pack, &packed, &p);
	else if (p.part != NO_SERVICE)
		explain(req, &pack, &p);
	finish(&pack, &p);
	if (p.fits)
		look_ahead(req, &p);
	*ret = p;
}

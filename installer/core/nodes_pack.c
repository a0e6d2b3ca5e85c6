/* SPDX-License-Identifier: MIT */
/*
 * Packing, exactly: the best of all ways to put a handful of services onto nodes. What a node carries besides a set of
 * services does not depend on the other nodes, so the sets are shared out node by node, and the best result for each
 * set that is placed already is kept: 3^services steps for each node.
 *
 * Monotone: another node may stay empty, whatever its size, and a larger one may be used like the smaller, so neither
 * gives fewer workers.
 */
#include "core/nodes_pack.h"

#include <string.h>

#include "core/planner.h"
#include "core/units.h"

#define SETS (1u << MAX_FIXED)
#define DOES_NOT_GO (-1)

const char *nodes_variant(const struct nodes_request *req, size_t service)
{
	const struct service *s = &req->services->items[service];
	const char *said = s->answer < 0 ? NULL : answer_text(req->answers, (enum answer_id)s->answer);

	return said && s->smaller.variant && STR_EQ(said, s->smaller.variant) ? said : NULL;
}

static const struct cost_service *pack_costs(const struct nodes_request *req, size_t service)
{
	return cost_variant(&req->model->services[service], nodes_variant(req, service));
}

static struct node_sizes sizes_at(const struct cost_service *cost, int64_t workers)
{
	struct node_sizes s = {.expected_mib = cost_expected_at(cost, workers)};

	s.limit_mib = max_i64(cost_line_at(&cost->limit, workers), s.expected_mib);
	s.reservation_mib = min_i64(cost_line_at(&cost->reservation, workers), s.limit_mib);
	return s;
}

/* The costs of a copy that is started as its image starts it, and not as vpsfit's own stack does. */
static const struct cost_service *plain_costs(const struct nodes_request *req, size_t part, int64_t workers)
{
	const struct service *s = &req->services->items[part];

	for (size_t i = 0; req->plain_start && i < s->condition_count; i++)
		if (s->conditions[i].from_workers > 0 && s->conditions[i].from_workers <= workers &&
		    cost_has_variant(&req->model->services[part], s->conditions[i].costs))
			return cost_variant(&req->model->services[part], s->conditions[i].costs);
	return pack_costs(req, part);
}

void pack_begin(const struct nodes_request *req, struct packing *ret)
{
	struct packing p = {.req = req, .part = service_by_part(req->services, PART_WORKERS)};

	p.exact = req->exact > 0 ? req->exact : max_i64(0, answer_number(req->answers, ANSWER_WORKERS));
	for (int64_t w = 1; w <= MAX_WORKERS && p.part != NO_SERVICE; w++)
		p.copies[w] = sizes_at(plain_costs(req, p.part, w), w);
	*ret = p;
}

/* Optional services come with their number of workers in all, wherever those are: two copies are two workers. */
static bool is_in(const struct nodes_request *req, size_t service, int64_t total)
{
	const struct service *s = &req->services->items[service];
	const char *said = s->answer < 0 ? NULL : answer_text(req->answers, (enum answer_id)s->answer);

	if (s->part == PART_WORKERS || req->left_out[service] || (s->part == PART_DATABASE && req->database_elsewhere))
		return false;
	if (s->optional_from == 0)
		return true;
	return said ? answer_number(req->answers, (enum answer_id)s->answer) > 0 : total >= s->optional_from;
}

/* Which services there are with so many workers in all, and their sizes. */
void pack_size(struct packing *p, int64_t total)
{
	p->fixed_count = 0;
	for (size_t s = 0; s < p->req->services->count && p->fixed_count < MAX_FIXED; s++) {
		if (!is_in(p->req, s, total))
			continue;
		p->fixed[p->fixed_count] = s;
		p->sizes[p->fixed_count++] = sizes_at(pack_costs(p->req, s), total);
	}
}

/* The node's own system and engine. */
struct node_load pack_load(const struct packing *p, const struct node *n)
{
	const int64_t said = answer_number(p->req->answers, ANSWER_OVERHEAD),
		      usual = said >= 0 ? said : p->req->model->system_mib[DISTRO_TYPICAL],
		      own = (n->system_mib >= 0 ? n->system_mib : usual) + p->req->model->engine_mib;

	return (struct node_load){own, own, own};
}

void pack_add(struct node_load *load, const struct node_sizes *s)
{
	load->idle_mib += s->expected_mib;
	load->peak_mib += s->limit_mib;
	load->reserved_mib += s->reservation_mib;
}

/*
 * Idle use is no worse than tight, and Swarm finds the reservations free. at_limits: there is room for all at their
 * limits too, for a swarm's services cannot be kept off swap, nor is a reservation kept for anybody while they run.
 */
bool pack_holds(const struct node *n, const struct node_load *load, bool at_limits)
{
	return load->idle_mib <= n->usable_mib && load->reserved_mib <= n->usable_mib &&
	       (!at_limits || load->peak_mib <= n->usable_mib);
}

/* A service with data stays on the node that is labelled with it, if one is. */
static bool is_kept_off(const struct packing *p, const struct node *n, size_t fixed)
{
	const struct service *s = &p->req->services->items[p->fixed[fixed]];
	char key[sizeof(NODE_LABEL) + MAX_NODE_NAME];
	bool elsewhere = false;
	size_t len = strlen(s->name);

	if (!s->swarm.stays || len > MAX_NODE_NAME)
		return false;
	memcpy(key, NODE_LABEL, sizeof(NODE_LABEL));
	memcpy(key + sizeof(NODE_LABEL) - 1, s->name, len + 1);
	if (node_has_label(n, key))
		return false;
	for (size_t i = 0; i < p->req->nodes->count; i++)
		elsewhere |= node_has_label(&p->req->nodes->items[i], key);
	return elsewhere;
}

/*
 * The workers that a node carries beside a set of services, 0 for none; DOES_NOT_GO: not even the services. A second
 * worker and further ones need room for everything at its limit.
 */
static int64_t carries(const struct packing *p, const struct node *n, struct node_load load)
{
	const int64_t cap = min_i64(MAX_WORKERS, max_i64(1, n->cpus) * WORKERS_PER_CORE);
	int64_t most = 0;

	if (!pack_holds(n, &load, false))
		return DOES_NOT_GO;
	/* A count that a person asked for may be more than the cores carry. */
	if (p->req->exact > cap)
		return 0;
	for (int64_t w = p->exact > 0 ? p->exact : 1; w <= (p->exact > 0 ? p->exact : cap); w++) {
		struct node_load with = load;

		pack_add(&with, &p->copies[w]);
		if (!pack_holds(n, &with, w > 1))
			break;
		most = w;
	}
	return most;
}

static void carries_all(const struct packing *p, const struct node *n, int64_t ret[static SETS])
{
	unsigned barred = 0;

	for (size_t f = 0; f < p->fixed_count; f++)
		barred |= is_kept_off(p, n, f) ? 1u << f : 0;
	for (unsigned set = 0; set < 1u << p->fixed_count; set++) {
		struct node_load load = pack_load(p, n);

		for (size_t f = 0; f < p->fixed_count; f++)
			if (set & 1u << f)
				pack_add(&load, &p->sizes[f]);
		ret[set] = set & barred ? DOES_NOT_GO : carries(p, n, load);
	}
	/* A node that is too small for its own system and engine stays empty; the others are planned without it. */
	ret[0] = max_i64(0, ret[0]);
}

/* Two nodes of the same size and labels carry the same. */
static bool is_like(const struct node *a, const struct node *b)
{
	return a->usable_mib == b->usable_mib && a->cpus == b->cpus && a->system_mib == b->system_mib &&
	       a->label_count == 0 && b->label_count == 0;
}

/* The best sum for each set of services that the nodes so far have, with this node's share of it. */
static void share_out(const int64_t carried[static SETS], unsigned sets, int64_t best[static SETS],
		      uint8_t share[static SETS])
{
	int64_t was[SETS];

	memcpy(was, best, sizeof(was));
	for (unsigned set = 0; set < sets; set++) {
		best[set] = DOES_NOT_GO;
		/* The empty share first: of equal ways the one with the services on the earlier nodes. */
		for (unsigned own = 0; own <= set; own++) {
			if ((own & ~set) != 0 || carried[own] < 0 || was[set & ~own] < 0 ||
			    was[set & ~own] + carried[own] <= best[set])
				continue;
			best[set] = was[set & ~own] + carried[own];
			share[set] = (uint8_t)own;
		}
	}
}

/* The most workers for the present sizes, and where everything goes; negative: the services do not go at all. */
static int64_t pack_best(const struct packing *p, struct packed *ret)
{
	uint8_t shares[MAX_NODES][SETS];
	const unsigned sets = 1u << p->fixed_count;
	int64_t best[SETS], carried[SETS], result;
	unsigned left = sets - 1;
	const struct node_set *nodes = p->req->nodes;

	for (unsigned set = 0; set < sets; set++)
		best[set] = set == 0 ? 0 : DOES_NOT_GO;
	for (size_t i = 0; i < nodes->count; i++) {
		if (i == 0 || !is_like(&nodes->items[i], &nodes->items[i - 1]))
			carries_all(p, &nodes->items[i], carried);
		share_out(carried, sets, best, shares[i]);
	}
	result = best[sets - 1];
	for (size_t i = nodes->count; result >= 0 && i-- > 0; left &= ~ret->runs[i])
		ret->runs[i] = shares[i][left];
	for (size_t i = 0; result >= 0 && i < nodes->count; i++) {
		carries_all(p, &nodes->items[i], carried);
		ret->workers[i] = carried[ret->runs[i]];
	}
	return result;
}

/* The sizes are for so many workers: where more would have room, the largest copies get fewer. */
static void trim(const struct packing *p, int64_t more, struct packed *ret)
{
	while (more > 0) {
		size_t largest = 0;

		for (size_t i = 1; i < p->req->nodes->count; i++)
			if (ret->workers[i] >= ret->workers[largest])
				largest = i;
		ret->workers[largest] -= max_i64(1, p->exact);
		more -= max_i64(1, p->exact);
	}
}

/* Do so many workers run in all, with services that are sized for them? */
static bool goes(struct packing *p, int64_t total, struct packed *ret)
{
	int64_t best;

	pack_size(p, total);
	best = pack_best(p, ret);
	if (best >= total)
		trim(p, best - total, ret);
	return best >= total;
}

/*
 * The most workers in all. The database grows with each of them, so what goes for some goes for fewer: half-way search.
 * Returns 0 if there is no room for one. p is left with the sizes for the result, and *ret has exactly so many workers.
 */
int64_t pack_most(struct packing *p, struct packed *ret)
{
	const int64_t step = max_i64(1, p->exact);
	int64_t least = 0, most = (int64_t)p->req->nodes->count * MAX_WORKERS / step;

	while (least < most) {
		int64_t middle = least + (most - least + 1) / 2;

		if (goes(p, middle * step, ret))
			least = middle;
		else
			most = middle - 1;
	}
	return least > 0 && goes(p, least * step, ret) ? least * step : 0;
}

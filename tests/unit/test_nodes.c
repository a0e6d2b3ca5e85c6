/* SPDX-License-Identifier: MIT */
/* The plan over several machines: packing is exact and monotone, sums hold, and a lost node means what is said. */
#include "unit.h"

#include "shipped.h"
#include "core/nodes.h"
#include "core/nodes_pack.h"
#include "core/units.h"

static struct nodes_request request(struct fixture *f, const struct answers *answers, const struct node_set *nodes)
{
	return (struct nodes_request){.services = &f->catalog.services,
				      .model = cost_model_find(&f->catalog.models, "measured-2026-11b"),
				      .answers = answers,
				      .nodes = nodes};
}

static struct nodes_plan plan_of(struct fixture *f, const struct node_set *nodes)
{
	const struct answers none = {0};
	const struct nodes_request req = request(f, &none, nodes);
	struct nodes_plan p;

	nodes_plan(&req, &p);
	return p;
}

static struct node_set set_of(size_t count, const int64_t (*sizes)[2])
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	struct node_set set = {.count = count};

	for (size_t i = 0; i < count; i++)
		set.items[i] = node_of(names[i], sizes[i][0], sizes[i][1]);
	return set;
}

/* Random without a clock: the same sequence in every run. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static struct node_set random_nodes(uint32_t *state, size_t count)
{
	static const int64_t rams[] = {64, 512, 600, 1024, 2048, 3072, 4096, 6144, 8192, 16384, 32768};
	struct node_set set = {.count = count};

	for (size_t i = 0; i < count; i++)
		set.items[i] = node_of("n", rams[next_random(state) % ARRAY_SIZE(rams)], 1 + next_random(state) % 8);
	return set;
}

static void two_of_4_gib(void **state)
{
	const int64_t sizes[][2] = {{4096, 2}, {4096, 2}};
	const struct node_set nodes = set_of(2, sizes);
	const struct nodes_plan p = plan_of(*state, &nodes);

	assert_true(p.fits);
	assert_int_equal(p.copy_count, 2);
	assert_true(p.in[SERVICE_REDIS]);
	assert_int_equal(p.connections, p.workers * 5 + 20);
	/* 162 engine, 480 system. */
	assert_int_equal(p.nodes[0].system_mib + p.nodes[0].engine_mib, 642);
	assert_int_equal(p.sizes[SERVICE_OPEN_WEBUI].limit_mib, 1280);
	assert_int_equal(p.sizes[SERVICE_POSTGRES].limit_mib, 180 + 40 * p.workers);
	assert_int_equal(p.nodes[0].idle_mib + p.nodes[1].idle_mib,
			 2 * 642 + p.sum.expected_mib +
				 (p.nodes[0].stand_by[SERVICE_NGINX] + p.nodes[1].stand_by[SERVICE_NGINX]) * 5 +
				 (p.nodes[0].stand_by[SERVICE_REDIS] + p.nodes[1].stand_by[SERVICE_REDIS]) * 14);
}

static void one_that_is_too_small(void **state)
{
	const int64_t sizes[][2] = {{1024, 1}};
	const struct node_set nodes = set_of(1, sizes);
	const struct nodes_plan p = plan_of(*state, &nodes);

	assert_false(p.fits);
	assert_int_equal(p.workers, 0);
	assert_int_equal(p.no_room, SERVICE_OPEN_WEBUI);
	assert_true(p.would_do_mib >= 2048);
}

static void one_worker_needs_no_counter(void **state)
{
	const int64_t sizes[][2] = {{3072, 1}};
	const struct node_set nodes = set_of(1, sizes);
	const struct nodes_plan p = plan_of(*state, &nodes);

	assert_true(p.fits);
	assert_int_equal(p.workers, 1);
	assert_false(p.in[SERVICE_REDIS]);
	assert_int_equal(p.nodes[0].loss, LOSS_EVERYTHING);
}

static void a_label_holds_the_data(void **state)
{
	const int64_t sizes[][2] = {{8192, 4}, {8192, 4}, {8192, 4}};
	struct node_set nodes = set_of(3, sizes);
	struct nodes_plan p;

	nodes.items[2].labels[0] = (struct node_label){"vpsfit.postgres", "true"};
	nodes.items[2].label_count = 1;
	p = plan_of(*state, &nodes);
	assert_int_equal(p.home[SERVICE_POSTGRES], 2);
	assert_true(p.fits);
}

static void exact_counts_are_kept(void **state)
{
	const int64_t sizes[][2] = {{8192, 4}, {4096, 2}, {2048, 1}};
	const struct node_set nodes = set_of(3, sizes);
	struct answers two = {0};
	struct nodes_request req = request(*state, &two, &nodes);
	struct nodes_plan p;

	two.of[ANSWER_WORKERS] = said("2", 2);
	nodes_plan(&req, &p);
	assert_true(p.fits);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.nodes[i].workers == 0 || p.nodes[i].workers == 2);
	req.database_elsewhere = true;
	nodes_plan(&req, &p);
	assert_false(p.in[SERVICE_POSTGRES]);
	assert_int_equal(p.sizes[SERVICE_POSTGRES].limit_mib, 0);
	assert_int_equal(p.connections, p.workers * 5 + 20);
}

/* Every way to put the services onto the nodes, tried one by one. */
static int64_t best_by_trying(struct packing *pack, const struct node_set *nodes)
{
	int64_t best = -1, ways = 1;

	for (size_t f = 0; f < pack->fixed_count; f++)
		ways *= (int64_t)nodes->count;
	for (int64_t way = 0; way < ways; way++) {
		int64_t sum = 0;

		for (size_t i = 0; i < nodes->count && sum >= 0; i++) {
			const struct node *n = &nodes->items[i];
			struct node_load load = pack_load(pack, n), with;
			int64_t rest = way, most = 0;

			for (size_t f = 0; f < pack->fixed_count; f++, rest /= (int64_t)nodes->count)
				if ((size_t)(rest % (int64_t)nodes->count) == i)
					pack_add(&load, &pack->sizes[f]);
			for (int64_t w = 1; w <= min_i64(64, 2 * n->cpus); w++) {
				with = load;
				pack_add(&with, &pack->copies[w]);
				if (pack_holds(n, &with, w > 1))
					most = w;
			}
			/* Where nothing is put, it does not matter what holds. */
			with = pack_load(pack, n);
			sum = pack_holds(n, &load, false) || load.idle_mib == with.idle_mib ? sum + most : -1;
		}
		best = max_i64(best, sum);
	}
	return best;
}

static void nothing_better_is_found_by_trying(void **state)
{
	const struct answers none = {0};
	uint32_t seed = 7;

	for (int round = 0; round < 60; round++) {
		const struct node_set nodes = random_nodes(&seed, 1 + next_random(&seed) % 4);
		const struct nodes_request req = request(*state, &none, &nodes);
		struct packing pack;
		struct packed packed;
		int64_t most;

		pack_begin(&req, &pack);
		most = pack_most(&pack, &packed);
		/* So many go, and one more does not. */
		if (most > 0)
			assert_true(best_by_trying(&pack, &nodes) >= most);
		pack_size(&pack, most + 1);
		assert_true(best_by_trying(&pack, &nodes) < most + 1);
	}
}

/* Is there a service that counts for all copies in one place? */
static bool has_optional(const struct nodes_plan *p)
{
	for (size_t s = 0; s < p->set->count; s++)
		if (p->in[s] && p->set->items[s].optional_from > 0)
			return true;
	return false;
}

static void sums_hold(const struct nodes_plan *p)
{
	int64_t workers = 0, limits = 0, copies = 0;
	size_t homes[MAX_SERVICES] = {0};

	for (size_t i = 0; i < p->count; i++) {
		const struct node_plan *n = &p->nodes[i];
		int64_t peak = n->system_mib + n->engine_mib;

		workers += n->workers;
		copies += n->workers > 0;
		for (size_t s = 0; s < p->set->count; s++) {
			assert_false(n->runs[s] && n->stand_by[s]);
			homes[s] += n->runs[s];
			if (n->runs[s])
				limits += nodes_sizes(p, i, s).limit_mib;
			if (n->runs[s] || n->stand_by[s])
				peak += nodes_sizes(p, i, s).limit_mib;
			/* What the plan says would move has its room there. */
			if (n->moves[s] && s != p->part)
				assert_true(p->nodes[n->moves_to[s]].stand_by[s]);
		}
		assert_int_equal(peak, n->peak_mib);
		/* One that is too small for itself is empty. */
		if (n->system_mib + n->engine_mib > n->node->usable_mib)
			assert_int_equal(peak, n->system_mib + n->engine_mib);
		else
			assert_true(n->idle <= VERDICT_TIGHT);
		if (n->workers > 1)
			assert_true(n->peak_mib <= n->node->usable_mib);
	}
	for (size_t s = 0; s < p->set->count; s++)
		if (s != p->part)
			assert_int_equal(homes[s], p->in[s]);
	assert_int_equal(workers, p->workers);
	assert_int_equal(copies, p->copy_count);
	assert_int_equal(limits, p->sum.limit_mib);
	if (copies > 1)
		assert_true(has_optional(p));
}

static void more_is_never_less(void **state)
{
	uint32_t seed = 1;

	for (size_t count = 1; count <= 50; count += count < 6 ? 1 : 11)
		for (int round = 0; round < (count < 6 ? 20 : 2); round++) {
			struct node_set nodes = random_nodes(&seed, count);
			const struct nodes_plan p = plan_of(*state, &nodes);
			const size_t which = next_random(&seed) % count;
			struct node_set more = nodes, larger = nodes, cores = nodes;

			if (p.fits)
				sums_hold(&p);
			more.items[more.count++] = node_of("more", 64 << next_random(&seed) % 9, 1);
			larger.items[which] = node_of("n", nodes.items[which].ram_mib + 1 + next_random(&seed) % 4096,
						      nodes.items[which].cpus);
			cores.items[which].cpus++;
			assert_true(plan_of(*state, &more).workers >= p.workers);
			assert_true(plan_of(*state, &larger).workers >= p.workers);
			assert_true(plan_of(*state, &cores).workers >= p.workers);
			if (p.fits) {
				assert_true(p.more.workers >= p.workers);
				assert_true(p.larger.workers >= p.workers);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_of_4_gib, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(one_that_is_too_small, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(one_worker_needs_no_counter, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(a_label_holds_the_data, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(exact_counts_are_kept, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(nothing_better_is_found_by_trying, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(more_is_never_less, shipped_setup, shipped_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What the settings of somebody else's stack add to the figures, and what nobody knows. */
#include "unit.h"

#include "shipped.h"
#include "core/plan.h"

struct world {
	struct stack_service services[4];
	struct machine_container containers[2];
	struct stack_images stack;
	struct machine machine;
};

static struct plan plan_of(struct fixture *f, struct world *w)
{
	const struct answers answers = {.of = {[ANSWER_SWAP] = said("none", 0),
					       [ANSWER_COMPOSE] = said("/srv/compose.yaml", 0),
					       [ANSWER_WORKERS] = said("2", 2)}};
	struct knowledge known = *KNOWN_BESIDE(f->catalog, f->catalog.models, &w->stack);
	struct plan p;

	assert_int_equal(plan_build(&f->arena, &w->machine, &known,
				    cost_model_find(&f->catalog.models, "measured-2026-11b"), &answers, &f->diags, &p),
			 0);
	return p;
}

/* A gateway, its database and a chat of somebody else's, with two workers. */
static void a_stack(struct world *w)
{
	static const char *const names[] = {"llm", "chat", "db"};

	memset(w, 0, sizeof(*w));
	w->machine = vps(16384, 15952, 4);
	w->machine.containers.items = w->containers;
	w->stack.known = true;
	w->stack.services = w->services;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		w->services[w->stack.service_count++] = (struct stack_service){.name = names[i],
									       .part = i,
									       .like = NO_SERVICE,
									       .image = names[i],
									       .copies = 1,
									       .active = true};
}

#define CHAT 1
#define DATABASE 2

static void connections(void **state)
{
	struct world w;
	struct plan p;

	a_stack(&w);
	p = plan_of(*state, &w);
	assert_int_equal(p.pool_size, 5);
	assert_int_equal(p.max_connections, 30);
	w.stack.database = (struct database_needs){.pool = 10, .beside = 15};
	p = plan_of(*state, &w);
	assert_int_equal(p.pool_size, 10);
	assert_int_equal(p.max_connections, 2 * 10 + 15 + 20);
	w.services[0].copies = 3;
	w.stack.database.gateways = 2;
	p = plan_of(*state, &w);
	assert_int_equal(p.gateways, 5);
	assert_int_equal(p.max_connections, 5 * 2 * 10 + 15 + 20);
}

/* 25 MiB a worker for a pool of 5 are 5 for each connection, and 40 in the limit are 8. */
static void what_connections_take(void **state)
{
	struct world w;
	struct plan usual, p;

	a_stack(&w);
	usual = plan_of(*state, &w);
	w.stack.database = (struct database_needs){.pool = 10, .beside = 4};
	p = plan_of(*state, &w);
	assert_int_equal(p.services[DATABASE].expected_mib - usual.services[DATABASE].expected_mib, 14 * 5);
	assert_int_equal(p.services[DATABASE].limit_mib - usual.services[DATABASE].limit_mib, 14 * 8);
	/* What its files allow beyond that and the reserve. */
	w.stack.database.said = 24 + 20 + 100;
	p = plan_of(*state, &w);
	assert_int_equal(p.services[DATABASE].expected_mib - usual.services[DATABASE].expected_mib, 14 * 5);
	assert_int_equal(p.services[DATABASE].limit_mib - usual.services[DATABASE].limit_mib, 114 * 8);
	/* A smaller pool than vpsfit's own takes nothing away. */
	w.stack.database = (struct database_needs){.pool = 1};
	p = plan_of(*state, &w);
	assert_int_equal(p.services[DATABASE].limit_mib, usual.services[DATABASE].limit_mib);
}

static void processes_and_more(void **state)
{
	struct world w;
	struct plan usual, p;

	a_stack(&w);
	usual = plan_of(*state, &w);
	w.stack.needs[CHAT] = (struct service_needs){.processes = 3, .adds_mib = 10, .limit_adds_mib = 500};
	p = plan_of(*state, &w);
	assert_int_equal(p.services[CHAT].expected_mib, 3 * usual.services[CHAT].expected_mib + 10);
	assert_int_equal(p.services[CHAT].reservation_mib, 3 * usual.services[CHAT].reservation_mib + 10);
	assert_int_equal(p.services[CHAT].limit_mib, 3 * usual.services[CHAT].limit_mib + 510);
	/* vpsfit's own stack has its own figures, whatever is set there. */
	w.stack.own = true;
	p = plan_of(*state, &w);
	assert_int_equal(p.services[CHAT].limit_mib, usual.services[CHAT].limit_mib);
}

static void nobody_knows(void **state)
{
	struct world w;
	struct plan usual, p;

	a_stack(&w);
	usual = plan_of(*state, &w);
	assert_int_equal(usual.idle, VERDICT_COMFORTABLE);
	w.stack.needs[CHAT] = (struct service_needs){.unknown = "a model"};
	p = plan_of(*state, &w);
	assert_true(p.services[CHAT].open && !usual.services[CHAT].open);
	assert_int_equal(p.beside.parts_unknown, 1);
	assert_int_equal(p.idle, VERDICT_TIGHT);
	/* Its file's limit says it, and stays. */
	w.stack.needs[CHAT].declared_mib = 5000;
	p = plan_of(*state, &w);
	assert_false(p.services[CHAT].open);
	assert_int_equal(p.services[CHAT].expected_mib, 5000);
	assert_int_equal(p.services[CHAT].limit_mib, 5000);
	assert_int_equal(p.services[CHAT].source, BESIDE_LIMIT);
	assert_int_equal(p.idle, VERDICT_COMFORTABLE);
	/* A limit below the usual figure stays too. */
	w.stack.needs[CHAT].declared_mib = 100;
	p = plan_of(*state, &w);
	assert_int_equal(p.services[CHAT].limit_mib, 100);
}

/* What it uses goes before its limit, once it has run for a quarter of an hour. */
static void it_runs(void **state)
{
	struct world w;
	struct plan p;

	a_stack(&w);
	w.stack.needs[CHAT] = (struct service_needs){.unknown = "a model", .declared_mib = 5000};
	w.machine.containers.count = 1;
	w.containers[0] = (struct machine_container){.name = "chat",
						     .service = "chat",
						     .use = fact_exact(3000, "test"),
						     .swap = fact_exact(0, "test"),
						     .ours = true,
						     .age_seconds = 899};
	p = plan_of(*state, &w);
	assert_int_equal(p.services[CHAT].expected_mib, 5000);
	w.containers[0].age_seconds = 900;
	p = plan_of(*state, &w);
	assert_int_equal(p.services[CHAT].expected_mib, 3000);
	assert_int_equal(p.services[CHAT].limit_mib, 5000);
	assert_int_equal(p.planned_use.value, 3000);
	/* Without a limit it is counted, and gets none. */
	w.stack.needs[CHAT].declared_mib = 0;
	p = plan_of(*state, &w);
	assert_true(p.services[CHAT].open);
	assert_int_equal(p.beside.parts_unknown, 0);
	assert_int_equal(p.services[CHAT].expected_mib, 3000);
}

/* Figures for a count that nobody knows say nothing beside the limit that stays; without one they are all there is. */
static void a_count_that_nobody_can_tell(void **state)
{
	static const struct {
		bool hidden;
		int64_t declared;
		bool by_limit;
	} rows[] = {{true, 100, true}, {false, 100, false}, {true, 0, false}};
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		a_stack(&w);
		w.stack.needs[SERVICE_LITELLM] = (struct service_needs){
			.unknown = "a test", .declared_mib = rows[i].declared, .count_hidden = rows[i].hidden};
		if ((plan_of(*state, &w).services[SERVICE_LITELLM].expected_mib == 100) != rows[i].by_limit)
			fail_msg("row %zu: %lld", i,
				 (long long)plan_of(*state, &w).services[SERVICE_LITELLM].expected_mib);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(connections, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(what_connections_take, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(processes_and_more, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(nobody_knows, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(it_runs, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(a_count_that_nobody_can_tell, shipped_setup, shipped_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

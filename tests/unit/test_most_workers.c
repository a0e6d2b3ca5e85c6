/* SPDX-License-Identifier: MIT */
/* How far the workers of a stack of somebody else's are raised by themselves. */
#include "unit.h"

#include "shipped.h"
#include "core/planner.h"

#define ANY INT64_MAX

struct row {
	int64_t present, former, held, asked, connections;
	bool own, elsewhere, uncounted, automatic; /* automatic: --workers auto */
	int64_t most;
	enum not_raised why;
};

/* The model has 10 connections a worker, and 5 in reserve. */
static const struct row rows[] = {
	{.present = 2, .most = ANY},
	/* Whoever has a stack of vpsfit's own, or says how many, is not held back. */
	{.present = 2, .uncounted = true, .most = 2, .why = NOT_RAISED_UNKNOWN},
	{.present = 2, .uncounted = true, .own = true, .most = ANY},
	{.present = 2, .uncounted = true, .held = 2, .most = ANY},
	{.present = 2, .uncounted = true, .asked = 3, .most = ANY},
	{.present = 2, .uncounted = true, .automatic = true, .most = 2, .why = NOT_RAISED_UNKNOWN},
	{.present = 0, .uncounted = true, .most = ANY},
	/* What was there before may come back. */
	{.present = 1, .former = 4, .uncounted = true, .most = 4, .why = NOT_RAISED_UNKNOWN},
	{.present = 2, .elsewhere = true, .most = 2, .why = NOT_RAISED_DATABASE_ELSEWHERE},
	{.present = 2, .elsewhere = true, .uncounted = true, .most = 2, .why = NOT_RAISED_DATABASE_ELSEWHERE},
	/* Connections that stay bound the count, and take no worker away. */
	{.present = 2, .connections = 45, .most = 4, .why = NOT_RAISED_CONNECTIONS},
	{.present = 2, .connections = 44, .most = 3, .why = NOT_RAISED_CONNECTIONS},
	{.present = 2, .connections = 1, .most = 2, .why = NOT_RAISED_CONNECTIONS},
	{.present = 2, .connections = CONNECTIONS_UNKNOWN, .most = 2, .why = NOT_RAISED_CONNECTIONS_UNKNOWN},
	{.present = 1,
	 .former = 3,
	 .connections = CONNECTIONS_UNKNOWN,
	 .most = 3,
	 .why = NOT_RAISED_CONNECTIONS_UNKNOWN},
	/* The first reason of equal ones is told. */
	{.present = 2, .connections = 1, .elsewhere = true, .most = 2, .why = NOT_RAISED_CONNECTIONS},
	{.present = 2, .connections = 1, .uncounted = true, .most = 2, .why = NOT_RAISED_CONNECTIONS},
	{.present = 2, .connections = 45, .elsewhere = true, .most = 2, .why = NOT_RAISED_DATABASE_ELSEWHERE},
	{.present = 2, .connections = 45, .uncounted = true, .most = 2, .why = NOT_RAISED_UNKNOWN},
};

static void each_row(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct cost_model model = *cost_model_find(&f->catalog.models, "seed-2025-11");
		struct stack_images stack = {.known = true, .database = {.elsewhere = r->elsewhere}};
		struct beside beside = {.unknown_count = r->uncounted};
		struct answers answers = {.of = {{.origin = ORIGIN_DEFAULT}}};
		struct planning in = {.arena = &f->arena,
				      .services = &f->catalog.services,
				      .model = &model,
				      .answers = &answers,
				      .stack = &stack,
				      .beside = &beside,
				      .present_workers = r->present,
				      .former_workers = r->former,
				      .held_workers = r->held,
				      .connections_stay = r->connections};
		enum not_raised why;
		int64_t most;

		model.pool_per_worker = 10;
		model.reserve_connections = 5;
		if (!r->own)
			answers.of[ANSWER_COMPOSE] = said("/srv/compose.yaml", 0);
		if (r->asked || r->automatic)
			answers.of[ANSWER_WORKERS] = said("said", r->asked);
		most = plan_most_workers(&in, &why);
		if (most != r->most || why != r->why)
			fail_msg("row %zu: %lld, %d", i, (long long)most, (int)why);
	}
}

/* Nothing is known of the stack: then its database is not elsewhere. */
static void without_a_stack(void **state)
{
	struct fixture *f = *state;
	struct beside beside = {.unknown_count = 0};
	struct answers answers = {.of = {[ANSWER_COMPOSE] = said("/srv/compose.yaml", 0)}};
	struct planning in = {.services = &f->catalog.services,
			      .model = cost_model_find(&f->catalog.models, "seed-2025-11"),
			      .answers = &answers,
			      .beside = &beside,
			      .present_workers = 2};
	enum not_raised why;

	assert_true(plan_most_workers(&in, &why) == ANY);
	assert_int_equal(why, RAISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_row), cmocka_unit_test(without_a_stack)};

	return cmocka_run_group_tests(tests, shipped_setup, shipped_teardown);
}

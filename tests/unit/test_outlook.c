/* SPDX-License-Identifier: MIT */
/* What stands beside the plan: the other cost models' sums, and one worker more. */
#include "unit.h"

#include "shipped.h"
#include "core/plan.h"

static struct plan plan_on(struct fixture *f, int64_t cores, const struct cost_model *model,
			   const struct answers *answers)
{
	static struct machine m;
	struct plan p;

	m = vps(4096, 3926, cores);
	assert_int_equal(plan_build(&f->arena, &m, KNOWN(f->catalog), model, answers, &f->diags, &p), 0);
	return p;
}

static struct plan plan_with(struct fixture *f, const struct cost_model *model, const struct answers *answers)
{
	return plan_on(f, 2, model, answers);
}

/* Each other model says beside the plan what it would say in a plan of its own. */
static void others_say_the_same_alone(void **state)
{
	struct fixture *f = *state;
	const struct answers none = {.of = {{.origin = ORIGIN_DEFAULT}}};
	struct plan p = plan_with(f, cost_model_find(&f->catalog.models, "seed-2025-11"), &none);

	assert_int_equal(p.other_count, f->catalog.models.count - 1);
	assert_true(p.other_count >= 2);
	for (size_t i = 0; i < p.other_count; i++) {
		struct plan alone = plan_with(f, p.others[i].model, &none);

		assert_true(p.others[i].model != p.model);
		assert_int_equal(p.others[i].total_mib, plan_idle_mib(&alone));
		assert_int_equal(p.others[i].peak_mib, plan_peak_mib(&alone));
	}
}

static void one_worker_more_is_the_difference(void **state)
{
	struct fixture *f = *state;
	struct answers a = {.of = {[ANSWER_WORKERS] = said("1", 1)}};
	const struct cost_model *seed = cost_model_find(&f->catalog.models, "seed-2025-11");
	struct plan one = plan_with(f, seed, &a), two;

	a.of[ANSWER_WORKERS] = said("2", 2);
	two = plan_with(f, seed, &a);
	assert_int_equal(one.next_worker.mib, plan_idle_mib(&two) - plan_idle_mib(&one));
	/* Nobody measured the seed's throughput. */
	assert_int_equal(one.next_worker.percent, 0);
	assert_null(one.next_worker.measured_on);
}

/* The figures of the most cores that the machine has, where both counts were measured, and as many as could be used. */
static void throughput_of_as_many_cores(void **state)
{
	static const struct throughput_point points[] = {{1, 1, 600}, {1, 2, 660},  {2, 1, 600}, {2, 2, 960},
							 {4, 1, 600}, {4, 2, 1200}, {2, 3, 965}};
	struct fixture *f = *state;
	struct answers a = {.of = {[ANSWER_WORKERS] = said("1", 1)}};
	struct cost_model model = *cost_model_find(&f->catalog.models, "seed-2025-11");
	struct plan p;

	model.throughput = (struct throughput){"2026-11-26, a CPU", points, ARRAY_SIZE(points)};
	p = plan_with(f, &model, &a);
	assert_int_equal(p.next_worker.percent, 160);
	assert_int_equal(p.next_worker.cores, 2);
	a.of[ANSWER_WORKERS] = said("2", 2);
	assert_int_equal(plan_with(f, &model, &a).next_worker.percent, 101);
	assert_int_equal(plan_on(f, 1, &model, &a).next_worker.percent, 0);
	assert_int_equal(plan_on(f, 4, &model, &a).next_worker.percent, 0);
	a.of[ANSWER_WORKERS] = said("1", 1);
	assert_int_equal(plan_on(f, 1, &model, &a).next_worker.percent, 110);
	assert_int_equal(plan_on(f, 3, &model, &a).next_worker.percent, 160);
	a.of[ANSWER_WORKERS] = said("3", 3);
	assert_int_equal(plan_with(f, &model, &a).next_worker.percent, 0);
}

/* A count that was measured without a request a minute says nothing. */
static void throughput_that_says_nothing(void **state)
{
	static const struct throughput_point points[] = {{2, 1, 0}, {2, 2, 960}};
	struct fixture *f = *state;
	const struct answers a = {.of = {[ANSWER_WORKERS] = said("1", 1)}};
	struct cost_model model = *cost_model_find(&f->catalog.models, "seed-2025-11");

	model.throughput = (struct throughput){"2026-11-26, a CPU", points, ARRAY_SIZE(points)};
	assert_int_equal(plan_with(f, &model, &a).next_worker.percent, 0);
	assert_null(plan_with(f, &model, &a).next_worker.measured_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(others_say_the_same_alone, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(one_worker_more_is_the_difference, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(throughput_of_as_many_cores, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(throughput_that_says_nothing, shipped_setup, shipped_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

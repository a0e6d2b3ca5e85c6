/* SPDX-License-Identifier: MIT */
/* What runs beside the planned parts: where its figures are from, and what it may never do to a plan. */
#include "unit.h"

#include "shipped.h"
#include "core/plan.h"
#include "core/usual_cost.h"

#define MOST 6

struct world {
	struct stack_service services[MOST];
	struct machine_container containers[MOST];
	struct stack_images stack;
	struct machine machine;
};

static struct plan plan_of(struct fixture *f, struct world *w)
{
	const struct answers answers = {.of = {[ANSWER_SWAP] = said("none", 0), [ANSWER_REDIS] = said("no", 0)}};
	struct knowledge known = *KNOWN_BESIDE(f->catalog, f->catalog.models, &w->stack);
	struct plan p;

	assert_int_equal(plan_build(&f->arena, &w->machine, &known,
				    cost_model_find(&f->catalog.models, "measured-2026-11b"), &answers, &f->diags, &p),
			 0);
	return p;
}

static void nothing(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->machine = vps(8192, 7952, 4);
	w->stack.services = w->services;
	w->machine.containers.items = w->containers;
}

static struct stack_service *service(struct world *w, const char *name)
{
	struct stack_service *s = &w->services[w->stack.service_count++];

	*s = (struct stack_service){
		.name = name, .part = NO_SERVICE, .like = NO_SERVICE, .image = name, .copies = 1, .active = true};
	return s;
}

static struct machine_container *container(struct world *w, const char *of, int64_t mib)
{
	struct machine_container *c = &w->containers[w->machine.containers.count++];

	*c = (struct machine_container){
		.name = of, .service = of, .use = fact_exact(mib, "test"), .swap = fact_exact(0, "test"), .ours = true};
	return c;
}

static void expect_row(const struct plan *p, int64_t expected, enum beside_source source)
{
	assert_int_equal(p->beside.count, 1);
	assert_int_equal(p->beside.rows[0].expected_mib, expected);
	assert_int_equal(p->beside.rows[0].source, source);
}

/* Measured before declared, declared before usual, and nothing is made up. */
static void the_surest_figure(void **state)
{
	static const struct usual_cost usual = {.name = "x", .idle_mib = 40};
	struct world w;
	struct stack_service *s;
	struct plan p;

	nothing(&w);
	s = service(&w, "x");
	p = plan_of(*state, &w);
	expect_row(&p, 0, BESIDE_UNKNOWN);
	s->usual = &usual;
	p = plan_of(*state, &w);
	expect_row(&p, 40, BESIDE_USUAL);
	s->reservation_mib = 300;
	p = plan_of(*state, &w);
	expect_row(&p, 300, BESIDE_RESERVATION);
	s->limit_mib = 500;
	p = plan_of(*state, &w);
	expect_row(&p, 500, BESIDE_LIMIT);
	container(&w, "x", 120)->swap = fact_exact(30, "test");
	p = plan_of(*state, &w);
	expect_row(&p, 150, BESIDE_MEASURED);
	assert_int_equal(p.beside.peak_mib, 500);
	w.containers[0].use = fact_unknown("test", "it cannot be read");
	p = plan_of(*state, &w);
	expect_row(&p, 500, BESIDE_LIMIT);
}

/* Compose's label tells whose container it is; without one its image does. */
static void whose_container(void **state)
{
	struct world w;
	struct plan p;

	nothing(&w);
	service(&w, "x");
	container(&w, "x", 100)->service = NULL;
	p = plan_of(*state, &w);
	expect_row(&p, 0, BESIDE_UNKNOWN);
	assert_int_equal(p.beside.others_mib, 100);
	w.containers[0].image = "x";
	p = plan_of(*state, &w);
	expect_row(&p, 100, BESIDE_MEASURED);
	assert_int_equal(p.beside.others_count, 0);
	w.containers[0].ours = false;
	p = plan_of(*state, &w);
	assert_int_equal(p.beside.others_mib, 100);
	assert_int_equal(p.beside.others_count, 1);
}

static void copies(void **state)
{
	struct world w;
	struct stack_service *s;
	struct plan p;

	nothing(&w);
	s = service(&w, "x");
	s->limit_mib = 200;
	s->copies = 3;
	p = plan_of(*state, &w);
	expect_row(&p, 600, BESIDE_LIMIT);
	container(&w, "x", 50);
	p = plan_of(*state, &w);
	expect_row(&p, 150, BESIDE_MEASURED);
	/* What runs counts, whatever the file would start. */
	s->copies = 0;
	p = plan_of(*state, &w);
	expect_row(&p, 50, BESIDE_MEASURED);
	w.machine.containers.count = 0;
	assert_int_equal(plan_of(*state, &w).beside.count, 0);
	s->copies = 1;
	s->active = false;
	assert_int_equal(plan_of(*state, &w).beside.count, 0);
	s->active = true;
	s->one_shot = true;
	assert_int_equal(plan_of(*state, &w).beside.count, 0);
}

/* A part that is not in somebody's file counts nothing, one of two copies twice. */
static void parts_of_the_file(void **state)
{
	struct world w;
	int64_t all, one, two;

	nothing(&w);
	all = plan_idle_mib(&(struct plan){.totals = plan_of(*state, &w).totals});
	w.stack.known = true;
	service(&w, "gateway")->part = SERVICE_LITELLM;
	one = plan_of(*state, &w).totals.containers_mib;
	assert_true(one < all);
	w.services[0].copies = 2;
	two = plan_of(*state, &w).totals.containers_mib;
	assert_int_equal(two - one, plan_of(*state, &w).services[SERVICE_LITELLM].expected_mib);
}

static void random_service(struct world *w, const char *name)
{
	struct stack_service *s = service(w, name);

	s->copies = 1 + rand() % 3;
	s->limit_mib = rand() % 2 ? 1 + rand() % 3000 : 0;
	s->reservation_mib = rand() % 2 ? 1 + rand() % 1000 : 0;
	if (rand() % 3 == 0)
		container(w, name, rand() % 4000)->ours = rand() % 2;
}

/*
 * One service more never lowers a sum, never raises the count, never improves a verdict; and the sum is that of the
 * rows.
 */
static void more_is_never_less(void **state)
{
	static const char *const names[MOST] = {"a", "b", "c", "d", "e", "f"};

	srand(15);
	for (int round = 0; round < 300; round++) {
		struct world w;
		struct plan before, after;

		nothing(&w);
		before = plan_of(*state, &w);
		for (size_t i = 0; i < MOST; i++) {
			int64_t rows = 0;

			random_service(&w, names[i]);
			after = plan_of(*state, &w);
			assert_true(after.beside.expected_mib + after.beside.others_mib >=
				    before.beside.expected_mib + before.beside.others_mib);
			assert_true(after.workers <= before.workers);
			assert_true(after.idle >= before.idle);
			for (size_t k = 0; k < after.beside.count; k++)
				rows += after.beside.rows[k].expected_mib;
			assert_int_equal(rows, after.beside.expected_mib);
			assert_int_equal(plan_idle_mib(&after), after.totals.total_mib + after.totals.optional_mib +
									rows + after.beside.others_mib);
			before = after;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_surest_figure, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(whose_container, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(copies, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(parts_of_the_file, shipped_setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(more_is_never_less, shipped_setup, shipped_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* All services of a project as values: parts, copies, limits, and which of them end. */
#include "unit.h"

#include "compose/stack_services.h"

static const struct service_set known = {
	.items = {{.name = "litellm", .images = {"litellm"}, .image_count = 1, .part = PART_WORKERS},
		  {.name = "redis", .images = {"redis", "valkey"}, .image_count = 2, .optional_from = 2}},
	.count = 2};

/* The services of a text; the first one plays the part with the workers. */
static const struct stack_service *services_of(struct bench *b, const char *text, size_t *ret_count)
{
	struct project *p = arena_alloc(&b->arena, sizeof(*p));
	const struct yaml_node *services;
	const struct stack_service *all;
	struct owned_layout layout = {.own = false};
	struct yaml_doc *doc;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	services = yaml_get(doc->root, "services");
	p->doc = doc;
	p->services = arena_array(&b->arena, services->count, sizeof(*p->services));
	for (size_t i = 0; i + 1 < services->count; i += 2)
		p->services[p->service_count++] = (struct project_service){
			.name = services->items[i]->value, .node = services->items[i + 1], .active = i != 2};
	layout.services[0] = p->services[0].name;
	*ret_count = stack_services(&b->arena, p, &known, &layout, &all);
	return all;
}

static void parts_and_alike(void **state)
{
	size_t count;
	const struct stack_service *s = services_of(*state,
						    "services:\n  a: {image: x/litellm}\n  b: {image: x/litellm}\n"
						    "  c: {image: 'valkey/valkey:8'}\n  d: {build: .}\n",
						    &count);

	assert_int_equal(count, 4);
	assert_true(s[0].part == 0 && s[0].like == NO_SERVICE && s[0].active);
	assert_true(s[1].part == NO_SERVICE && s[1].like == 0 && !s[1].active);
	assert_true(s[2].part == NO_SERVICE && s[2].like == 1);
	assert_true(s[3].part == NO_SERVICE && s[3].like == NO_SERVICE && !s[3].image);
	assert_string_equal(s[2].image, "valkey/valkey:8");
}

static void figures(void **state)
{
	static const struct {
		const char *service;
		int64_t copies, limit, reservation;
		bool ends;
	} rows[] = {
		{"{}", 1, 0, 0, false},
		{"{scale: 3}", 3, 0, 0, false},
		{"{scale: 0}", 0, 0, 0, false},
		{"{deploy: {replicas: '4'}}", 4, 0, 0, false},
		{"{deploy: {replicas: ''}}", 1, 0, 0, false},
		{"{deploy: {mode: global, replicas: 4}}", 1, 0, 0, false},
		{"{deploy: {mode: replicated-job}}", 1, 0, 0, true},
		{"{deploy: {mode: replicated}}", 1, 0, 0, false},
		{"{mem_limit: 2g, mem_reservation: 512m}", 1, 2048, 512, false},
		{"{mem_limit: 1073741824}", 1, 1024, 0, false},
		{"{mem_limit: 512k}", 1, 1, 0, false},
		{"{mem_limit: 0}", 1, 0, 0, false},
		{"{mem_limit: much}", 1, 0, 0, false},
		{"{deploy: {resources: {limits: {memory: 1.5G}, reservations: {memory: 1G}}}}", 1, 1536, 1024, false},
		{"{restart: 'no', command: migrate}", 1, 0, 0, false},
		{"{depends_on: {a: {condition: service_started}}}", 1, 0, 0, false},
	};
	struct bench *b = *state;
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = arena_printf(&b->arena, "services:\n  a: {image: x}\n  b: %s\n", rows[i].service);
		const struct stack_service *s = services_of(b, text, &count);

		if (s[1].copies != rows[i].copies || s[1].limit_mib != rows[i].limit ||
		    s[1].reservation_mib != rows[i].reservation || s[1].one_shot != rows[i].ends || s[0].one_shot)
			fail_msg("%s", rows[i].service);
	}
	assert_true(
		services_of(b,
			    "services:\n  a: {}\n  b: {depends_on: {a: {condition: service_completed_successfully}}}\n",
			    &count)[0]
			.one_shot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(parts_and_alike),
		bench_test(figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

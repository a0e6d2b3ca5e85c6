/* SPDX-License-Identifier: MIT */
/* Which cost model is taken for a stack, by what it runs and by what it was applied with. */
#include "shipped.h"

#include "core/stack_images.h"

static struct cost_model_set models;

static void add(const char *name, const char *litellm, const char *web)
{
	struct cost_model *m = &models.items[models.count++];

	*m = (struct cost_model){.name = name};
	m->images[SERVICE_LITELLM] = litellm;
	m->images[SERVICE_OPEN_WEBUI] = web;
}

static int setup(void **state)
{
	models = (struct cost_model_set){.default_name = "today"};
	add("plain", NULL, NULL);
	add("today", "1.110", "0.12");
	add("old", "1.89", "0.11");
	return shipped_setup(state);
}

static struct stack_images stack_of(struct fixture *f, const char *litellm, const char *web)
{
	struct stack_images stack = {.known = true, .own = true};
	const struct service *s = f->catalog.services.items;

	stack.of[SERVICE_LITELLM] = stack_image_judge(&f->arena, &f->catalog.images, &s[SERVICE_LITELLM], litellm);
	stack.of[SERVICE_OPEN_WEBUI] = stack_image_judge(&f->arena, &f->catalog.images, &s[SERVICE_OPEN_WEBUI], web);
	return stack;
}

#define LITELLM "ghcr.io/berriai/litellm:"
#define WEB "ghcr.io/open-webui/open-webui:"

static void chosen_by_images(void **state)
{
	static const struct {
		const char *litellm, *web, *applied, *model;
	} all[] = {
		/* Nobody knows what it was applied with. */
		{LITELLM "v1.89.0", WEB "v0.11.3", NULL, "old"},
		{LITELLM "v1.110.7", WEB "v0.12.0-slim", NULL, "today"},
		{LITELLM "main-v1.89.4-stable", WEB "main", NULL, "old"},
		{"mirror.example/litellm:1.89.1", NULL, NULL, "old"},
		{LITELLM "v1.89.0", WEB "v0.12.4", NULL, "today"},
		{LITELLM "v1.95.0", WEB "v0.11.3", NULL, "today"},
		{LITELLM "v1.89.0@sha256:00", WEB "v0.11.3", NULL, "today"},
		{LITELLM "main-stable", WEB "v0.11.3", NULL, "today"},
		{NULL, WEB "v0.11.3", NULL, "today"},
		/* An upgrade of the package moves no limit. */
		{LITELLM "v1.89.0", WEB "v0.11.3", "plain", "plain"},
		{LITELLM "v1.110.2", WEB "v0.12.4", "plain", "plain"},
		{LITELLM "v1.95.0", WEB "v0.11.3", "old", "old"},
		{LITELLM "v1.95.0", NULL, "gone", "today"},
		/* Somebody changed the images since. */
		{LITELLM "v1.110.2", WEB "v0.12.4", "old", "today"},
		{LITELLM "v1.89.0", WEB "v0.11.3", "today", "old"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct stack_images stack = stack_of(f, all[i].litellm, all[i].web);
		const struct cost_model *m = model_choose(&models, &f->catalog.services, &stack, all[i].applied);

		if (!m || !STR_EQ(m->name, all[i].model))
			fail_msg("row %zu: %s", i, m ? m->name : "none");
	}
}

static void chosen_without_a_stack(void **state)
{
	struct fixture *f = *state;
	struct stack_images stack = stack_of(f, LITELLM "v1.89.0", WEB "v0.11.3");

	assert_string_equal(model_choose(&models, &f->catalog.services, NULL, NULL)->name, "today");
	assert_string_equal(model_choose(&models, &f->catalog.services, NULL, "old")->name, "old");
	stack.known = false;
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "today");
	models.default_name = "gone";
	assert_null(model_choose(&models, &f->catalog.services, NULL, NULL));
}

/* Images that are moved take the model of the new ones, whatever the stack was applied with. */
static void chosen_by_new_images(void **state)
{
	struct fixture *f = *state;
	struct stack_images stack = stack_of(f, LITELLM "v1.110.2", WEB "v0.12.4");

	stack.moved = true;
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, "plain")->name, "today");
}

/* Of two models with the same lines the later one, which is the administrator's. */
static void administrators_first(void **state)
{
	struct fixture *f = *state;
	struct stack_images stack = stack_of(f, LITELLM "v1.110.2", WEB "v0.12.4");

	add("ours", "1.110", NULL);
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "ours");
}

/* In somebody else's stack a shipped model is taken only for a default that was measured likewise. */
static void in_a_foreign_stack(void **state)
{
	struct fixture *f = *state;
	struct stack_images stack = stack_of(f, LITELLM "v1.89.0", WEB "v0.11.3");

	stack.own = false;
	models.items[2].shipped = true;
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "old");
	models.default_name = "plain";
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "plain");
	models.items[2].shipped = false;
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "old");
	models.items[2].shipped = stack.own = true;
	assert_string_equal(model_choose(&models, &f->catalog.services, &stack, NULL)->name, "old");
}

static void standing(void **state)
{
	static const struct {
		size_t service;
		const char *image;
		enum image_standing standing;
	} all[] = {
		{SERVICE_LITELLM, LITELLM "v1.110.2", IMAGE_CURRENT},
		{SERVICE_LITELLM, LITELLM "v1.89.0", IMAGE_BEHIND},
		{SERVICE_LITELLM, LITELLM "v1.200.0", IMAGE_AHEAD},
		{SERVICE_LITELLM, LITELLM "latest", IMAGE_UNKNOWN},
		{SERVICE_LITELLM, LITELLM "v1.89.0@sha256:00", IMAGE_UNKNOWN},
		{SERVICE_LITELLM, "other/litellm:v1.89.0", IMAGE_UNKNOWN},
		{SERVICE_LITELLM, LITELLM "${TAG}", IMAGE_UNKNOWN},
		{SERVICE_LITELLM, NULL, IMAGE_UNKNOWN},
		{SERVICE_OPEN_WEBUI, WEB "v0.11.3-slim", IMAGE_BEHIND},
		{SERVICE_OPEN_WEBUI, WEB "v0.11.3-cuda", IMAGE_UNKNOWN},
		{SERVICE_POSTGRES, "postgres:16.9", IMAGE_BEHIND},
		{SERVICE_POSTGRES, "postgres:16.4-bookworm", IMAGE_BEHIND},
		{SERVICE_POSTGRES, "docker.io/library/postgres:16.4", IMAGE_BEHIND_BASE},
		{SERVICE_POSTGRES, "postgres:16.4-alpine", IMAGE_BEHIND_BASE},
		{SERVICE_POSTGRES, "postgres:16.12-trixie", IMAGE_BEHIND_BASE},
		{SERVICE_POSTGRES, "postgres:16.16-trixie", IMAGE_UNKNOWN},
		{SERVICE_POSTGRES, "postgres:15.18-bookworm", IMAGE_BEHIND_MAJOR},
		{SERVICE_POSTGRES, "postgres:9.6", IMAGE_BEHIND_MAJOR},
		{SERVICE_POSTGRES, "postgres:17.2-bookworm", IMAGE_AHEAD},
		{SERVICE_POSTGRES, "postgres:16", IMAGE_UNKNOWN},
		{SERVICE_POSTGRES, "pgvector/pgvector:pg16", IMAGE_UNKNOWN},
		{SERVICE_POSTGRES, "pgvector/pgvector:0.8.0-pg16-bookworm", IMAGE_BEHIND},
		{SERVICE_POSTGRES, "pgvector/pgvector:0.8.0-pg16", IMAGE_BEHIND_BASE},
		{SERVICE_POSTGRES, "pgvector/pgvector:0.8.0-pg15-bookworm", IMAGE_BEHIND_MAJOR},
		{SERVICE_NGINX, "nginx:1.28.0", IMAGE_UNKNOWN},
		{SERVICE_NGINX, "nginx:1.28.0-alpine", IMAGE_BEHIND},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct stack_image is = stack_image_judge(&f->arena, &f->catalog.images,
							  &f->catalog.services.items[all[i].service], all[i].image);

		if (is.standing != all[i].standing)
			fail_msg("row %zu: %s is %d", i, all[i].image, (int)is.standing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chosen_by_images, setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(chosen_without_a_stack, setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(chosen_by_new_images, setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(administrators_first, setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(in_a_foreign_stack, setup, shipped_teardown),
		cmocka_unit_test_setup_teardown(standing, setup, shipped_teardown),
	};

	return cmocka_run_group_tests_name("stack_images", tests, NULL, NULL);
}

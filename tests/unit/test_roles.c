/* SPDX-License-Identifier: MIT */
/* Which service of a foreign compose file plays a part: by the name of its image. */
#include "unit.h"

#include "compose/roles.h"

static const struct service database = {.name = "postgres", .images = {"postgres", "pgvector"}, .image_count = 2};
static const struct service workers = {
	.name = "litellm", .images = {"litellm", "litellm-database"}, .image_count = 2, .part = PART_WORKERS};

static const char *played(struct bench *b, const struct service *s, const char *text)
{
	const char *names = "";
	struct yaml_doc *doc;
	struct role r;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	r = roles_candidates(&b->arena, doc, s);
	for (size_t i = 0; i < r.count; i++)
		names = arena_printf(&b->arena, "%s%s%s", names, i ? " " : "", r.candidates[i]);
	return names;
}

static void whole_names(void **state)
{
	static const struct {
		const char *image;
		bool is;
	} rows[] = {
		{"postgres", true},
		{"postgres:16.9", true},
		{"registry:5000/library/postgres@sha256:00", true},
		{"pgvector/pgvector:pg16", true},
		{"postgres-16", true},
		{"acme/postgres_custom:1", true},
		{"postgrest/postgrest", false},
		{"supabase/postgres-meta", false},
		{"crystaldba/postgres-mcp", false},
		{"postgres-exporter", false},
		{"mypostgres", false},
		{"postgresql-tools", false},
		{"redis", false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = arena_printf(&b->arena, "services:\n  a: {image: \"%s\"}\n", rows[i].image);

		if (!STR_EQ(played(b, &database, text), rows[i].is ? "a" : ""))
			fail_msg("%s", rows[i].image);
	}
}

/* An exact match wins over a similar name. */
static void exactly_before_alike(void **state)
{
	assert_string_equal(
		played(*state, &workers, "services:\n  a: {image: x/litellm-pgvector}\n  b: {image: y/litellm}\n"),
		"b");
	assert_string_equal(
		played(*state, &workers, "services:\n  a: {image: x/litellm-pgvector}\n  b: {image: y/litellm-own}\n"),
		"a b");
	assert_string_equal(
		played(*state, &workers, "services:\n  a: {image: y/litellm}\n  b: {image: y/litellm-database}\n"),
		"a b");
}

/* A service with a build is recognised by its own name. */
static void built_here(void **state)
{
	assert_string_equal(played(*state, &workers, "services:\n  litellm: {build: .}\n  a: {build: .}\n"), "litellm");
	assert_string_equal(played(*state, &workers, "services:\n  litellm-proxy: {image: \"${IMAGE}\"}\n"),
			    "litellm-proxy");
	assert_string_equal(
		played(*state, &workers, "services:\n  litellm: {image: redis}\n  litellmish: {build: .}\n"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(whole_names),
		bench_test(exactly_before_alike),
		bench_test(built_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

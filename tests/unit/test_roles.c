/* SPDX-License-Identifier: MIT */
/* Which service of a foreign compose file plays a part: by the name of its image. */
#include "unit.h"

#include "compose/roles.h"

static const struct service database = {.name = "postgres", .images = {"postgres", "pgvector"}, .image_count = 2};
static const struct service cache = {.name = "redis", .images = {"redis", "pgvector"}, .image_count = 2};
static const struct service workers = {
	.name = "litellm", .images = {"litellm", "litellm-database"}, .image_count = 2, .part = PART_WORKERS};

/* A project of one file, without variables or profiles. */
static struct project project_of(struct bench *b, const char *text)
{
	struct project p = {.dir = "/", .file_count = 0};
	const struct yaml_node *services;
	struct yaml_doc *doc;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	services = yaml_get(doc->root, "services");
	p.doc = doc;
	p.services = arena_array(&b->arena, services->count, sizeof(*p.services));
	for (size_t i = 0; i + 1 < services->count; i += 2)
		p.services[p.service_count++] = (struct project_service){
			.name = services->items[i]->value, .node = services->items[i + 1], .active = true};
	return p;
}

static const char *played(struct bench *b, const struct service *s, const char *text)
{
	const struct project p = project_of(b, text);
	const struct service_set set = {.items = {*s, cache}, .count = 2};
	const char *names = "";
	struct role r = roles_candidates(&b->arena, &p, &set, 0, NULL);

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
		{"postgres-tools", false},
		{"postgres-pgvector", true},
		{"postgres-backup-s3", false},
		{"postgres_upgrade", false},
		{"postgres-initdb", false},
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
		played(*state, &workers, "services:\n  a: {image: x/litellm-fork}\n  b: {image: y/litellm-own}\n"),
		"a b");
	/* Whole words tell what is something else. */
	assert_string_equal(
		played(*state, &workers, "services:\n  a: {image: x/litellm-pgvector}\n  b: {image: y/litellm-own}\n"),
		"b");
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
	assert_string_equal(played(*state, &workers,
				   "services:\n  a: {build: ., container_name: litellm}\n  litellm-db: {build: db}\n"
				   "  litellm-redis: {image: \"${R}\"}\n"),
			    "a");
}

/* Nobody is asked where the project tells several apart. */
static void told_apart(void **state)
{
	static const struct {
		const char *services, *played;
	} rows[] = {
		/* Helpers end, are not started again, or work once. */
		{"{a: {image: litellm}, b: {image: litellm, depends_on: {a: {condition: service_completed_successfully}}}}",
		 "b"},
		{"{a: {image: litellm, restart: 'no'}, b: {image: litellm}}", "b"},
		{"{a: {image: litellm, restart: 'no', ports: [1]}, b: {image: litellm}}", "a"},
		{"{a: {image: litellm, command: prisma migrate deploy}, b: {image: litellm}}", "b"},
		{"{a: {image: litellm, deploy: {mode: replicated-job}}, b: {image: litellm}}", "b"},
		{"{a: {image: litellm, deploy: {replicas: 0}}, b: {image: litellm}}", "b"},
		/* One that ends is never the part, even if it is alone. */
		{"{a: {image: litellm}, b: {image: x, depends_on: {a: {condition: service_completed_successfully}}}}",
		 ""},
		/* Then the exact name, then ports. */
		{"{litellm: {image: litellm}, litellm-2: {image: litellm, ports: [1]}}", "litellm"},
		{"{a: {image: litellm}, b: {image: litellm, ports: [1]}}", "b"},
		{"{a: {image: litellm, ports: [1]}, b: {image: litellm, ports: [2]}}", "a b"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *is = played(b, &workers, arena_printf(&b->arena, "services: %s\n", rows[i].services));

		if (!STR_EQ(is, rows[i].played))
			fail_msg("%s: '%s'", rows[i].services, is);
	}
}

/* The database is the one that the workers name. */
static void the_workers_database(void **state)
{
	static const char two[] = "b: {image: 'postgres:1'}, c: {image: 'postgres:2', networks: {n: {aliases: [d]}}}";
	static const struct {
		const char *workers, *played;
	} rows[] = {
		{"environment: {DATABASE_URL: 'postgresql://u:p@b:5432/x'}", "b"},
		{"environment: {DATABASE_URL: 'postgres://u:p%40c@b/x?host=c'}", "b"},
		{"environment: {DATABASE_URL: 'postgresql://u:p@d/x'}", "c"},
		{"environment: {DATABASE_HOST: c}", "c"},
		{"depends_on: {c: {condition: service_healthy}}", "c"},
		{"environment: {DATABASE_URL: 'postgresql://u:p@10.0.0.1/x'}", ""},
		{"environment: {DATABASE_URL: 'postgresql://u:p@pgbouncer/x'}", "b c"},
		{"environment: {DATABASE_URL: ''}", "b c"},
	};
	static const struct service db = {
		.name = "postgres", .images = {"postgres"}, .image_count = 1, .part = PART_DATABASE};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct project p = project_of(
			b, arena_printf(&b->arena, "services: {a: {image: litellm, %s}, %s}\n", rows[i].workers, two));
		const struct service_set set = {.items = {db}, .count = 1};
		struct role r = roles_candidates(&b->arena, &p, &set, 0, "a");
		const char *is = r.count == 0 ? "" : r.count == 1 ? r.candidates[0] : "b c";

		if (!STR_EQ(is, rows[i].played))
			fail_msg("%s: '%s'", rows[i].workers, is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(whole_names), bench_test(exactly_before_alike), bench_test(built_here),
		bench_test(told_apart),	 bench_test(the_workers_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

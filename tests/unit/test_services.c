/* SPDX-License-Identifier: MIT */
/* Reading services and cost models: the set, its parts, and missing figures. */
#include "unit.h"

#include <errno.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "files/sysroot.h"

#define SERVICE(name, order, rest)                                                                                     \
	"kind: service\nname: " name "\ntitle: \"a test\"\norder: " order "\nimages: [" name "]\nswap: none\n"         \
	"costs: {expected: 10, reservation: 20, limit: 30}\n" rest

#define MODEL(services)                                                                                                \
	"kind: cost-model\nname: mine\ndate: \"2026-11-25\"\nsource: \"a test\"\nmeasured_on: \"nothing\"\n"           \
	"engine_mib: 100\nsystem_mib: {lightweight: 1, typical: 2, desktop: 3}\npool_per_worker: 5\n"                  \
	"reserve_connections: 20\nservices:\n" services

static int add(struct bench *b, struct catalog *c, const char *text)
{
	return catalog_add_text(&b->arena, "test.yaml", text, strlen(text), &b->diags, c);
}

static const char *last_error(const struct bench *b)
{
	const char *text = "";

	for (size_t i = 0; i < b->diags.count; i++)
		text = b->diags.items[i].text;
	return text;
}

/* The rows of every table, and the constants in unit.h. */
static void shipped(void **state)
{
	static const char *const names[] = {
		[SERVICE_LITELLM] = "litellm", [SERVICE_OPEN_WEBUI] = "open-webui", [SERVICE_POSTGRES] = "postgres",
		[SERVICE_NGINX] = "nginx",     [SERVICE_REDIS] = "redis",	    [SERVICE_CADDY] = "caddy"};
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};
	struct sysroot root;

	assert_int_equal(sysroot_open(&root, "tests"), 0);
	assert_int_equal(catalog_load(&b->arena, ".", &root, &b->diags, &c), 0);
	sysroot_close(&root);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(c.services.items[i].name, names[i]);
		assert_int_equal(service_find(&c.services, names[i]), i);
	}
	assert_int_equal(service_by_part(&c.services, PART_WORKERS), SERVICE_LITELLM);
	assert_int_equal(service_by_part(&c.services, PART_DATABASE), SERVICE_POSTGRES);
	for (size_t i = 0; i < c.models.count; i++)
		for (size_t s = 0; s < SERVICE_COUNT; s++)
			assert_true(c.models.items[i].measured[s]);
}

static void by_order(void **state)
{
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	assert_int_equal(add(b, &c, SERVICE("third", "30", "part: none\n")), 0);
	assert_int_equal(add(b, &c, SERVICE("first", "10", "part: workers\n")), 0);
	assert_int_equal(add(b, &c, SERVICE("second", "20", "part: database\n")), 0);
	assert_int_equal(add(b, &c, SERVICE("fourth", "30", "part: none\n")), 0);
	assert_int_equal(c.services.count, 4);
	assert_string_equal(c.services.items[0].name, "first");
	assert_string_equal(c.services.items[1].name, "second");
	assert_string_equal(c.services.items[2].name, "third");
	assert_string_equal(c.services.items[3].name, "fourth");
	assert_int_equal(service_by_part(&c.services, PART_DATABASE), 1);
	assert_int_equal(service_find(&c.services, "fift"), NO_SERVICE);
}

static void nobody_plays_it(void **state)
{
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	assert_int_equal(service_by_part(&c.services, PART_WORKERS), NO_SERVICE);
	assert_int_equal(add(b, &c, SERVICE("one", "1", "part: none\n")), 0);
	assert_int_equal(service_by_part(&c.services, PART_WORKERS), NO_SERVICE);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{SERVICE("one", "9", "part: none\n"), "there is a service 'one' already"},
		{SERVICE("two", "9", "part: workers\n"), "one plays this part already"},
		{SERVICE("two", "9", "part: worker\n"), "this is not a value for 'part'"},
		{SERVICE("two", "9", "part: none\nimage: x\n"), "unknown key 'image' in a service"},
		{SERVICE("two", "9", ""), "the key 'part' is missing in a service"},
		{SERVICE("a b", "9", "part: none\n"), "a name of letters, digits, '.', '_' and '-' is expected here"},
	};
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	assert_int_equal(add(b, &c, SERVICE("one", "1", "part: workers\n")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_not_equal(add(b, &c, rows[i].text), 0);
		assert_non_null(strstr(last_error(b), rows[i].error));
		assert_int_equal(c.services.count, 1);
	}
}

/* A service's own figures get the same checks as a model's. */
static void costs_are_checked(void **state)
{
	static const char text[] = "kind: service\nname: s\ntitle: t\norder: 1\nimages: [s]\npart: none\nswap: none\n"
				   "costs: {expected: 10, reservation: 40, limit: 30}\n";
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	assert_int_not_equal(add(b, &c, text), 0);
	assert_non_null(strstr(last_error(b), "the reservation is 40 MiB and the limit 30"));
}

static void full(void **state)
{
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};
	char text[512];

	for (int i = 0; i < MAX_SERVICES; i++) {
		snprintf(text, sizeof(text), SERVICE("s%d", "1", "part: none\n"), i, i);
		assert_int_equal(
			catalog_add_text(&b->arena, "t", arena_strdup(&b->arena, text), strlen(text), &b->diags, &c),
			0);
	}
	assert_int_not_equal(add(b, &c, SERVICE("more", "1", "part: none\n")), 0);
	assert_int_equal(c.services.count, MAX_SERVICES);
}

/* The owned values fit into MAX_OWNED, however many services there are. */
static void owned_values_have_room(void **state)
{
	static const char ten[] = "owned:\n"
				  "  - {value: limit, below: command, word: --a, percent: 10, missing: tell}\n"
				  "  - {value: limit, below: command, word: --b, percent: 10, missing: tell}\n"
				  "  - {value: limit, below: command, word: --c, percent: 10, missing: tell}\n"
				  "  - {value: text, below: p, text: y, missing: add}\n"
				  "  - {value: text, below: q, text: y, missing: add}\n"
				  "  - {value: text, below: r, text: y, missing: add}\n"
				  "  - {value: text, below: s, text: y, missing: add}\n"
				  "  - {value: text, below: t, text: y, missing: add}\n"
				  "  - {value: text, below: u, text: y, missing: add}\n"
				  "  - {value: text, below: v, text: y, missing: add}\n";
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};
	int rc = 0;

	for (int i = 0; rc == 0; i++) {
		const char *text = arena_printf(&b->arena, SERVICE("s%d", "1", "part: none\n") "%s", i, i, ten);

		rc = add(b, &c, text);
	}
	assert_non_null(strstr(last_error(b), "owned values in all"));
	assert_int_equal(c.services.count, MAX_OWNED / (VALUES_OF_A_SERVICE + 10));
	assert_true(service_owned_most(&c.services) <= MAX_OWNED);
}

/* An owned value without a place, or outside of the stack's directory, is refused. */
static void owned_values_are_checked(void **state)
{
	static const char *const wrong[] = {
		"{value: text, below: x, missing: add}",
		"{value: pool, below: x, text: y, missing: add}",
		"{value: limit, below: x, missing: add}",
		"{value: limit, below: x, percent: 101, missing: add}",
		"{value: workers, missing: add}",
		"{value: pool, missing: add}",
		"{value: pool, below: x, file: ../x, missing: add}",
		"{value: pool, below: x, file: /etc/x, missing: add}",
		"{value: pool, below: x}",
	};
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (add(b, &c,
			arena_printf(&b->arena, SERVICE("s", "1", "part: none\n") "owned:\n  - %s\n", wrong[i])) == 0)
			fail_msg("%s", wrong[i]);
	assert_int_equal(add(b, &c, SERVICE("s", "1", "part: none\n") "files:\n  - {name: ../../etc/passwd}\n"),
			 -EINVAL);
	assert_int_equal(
		add(b, &c, SERVICE("s", "1", "part: none\n") "owned:\n  - {value: pool, below: x, missing: add}\n"), 0);
}

/* A piece that could not be put in or told apart is refused, and so is a file that is gone and written. */
static void pieces_are_checked(void **state)
{
	static const char *const wrong[] = {
		"pieces: [{of: a}]",
		"pieces: [{below: x}]",
		"pieces: [{of: a, below: x//y}]",
		"pieces: [{of: a, below: x, text: y}]",
		"pieces: [{of: a, below: x, entry: y, comment: \"# c\"}]",
		"pieces: [{of: a, below: x, gone: true}]",
		"pieces: [{of: a, below: x, text: y, comment: c, gone: true}]",
		"pieces: [{of: a, below: x, entry: 'a\"b'}]",
		"pieces: [{of: a, below: x, from_workers: 1000}]",
		"files: [{name: f, gone: g, ours: true}]",
		"files: [{name: f, gone: g, if_mounted: true}]",
	};
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (add(b, &c, arena_printf(&b->arena, SERVICE("s", "1", "part: none\n") "%s\n", wrong[i])) == 0)
			fail_msg("%s", wrong[i]);
	assert_int_equal(
		add(b, &c,
		    SERVICE("s", "1",
			    "part: none\n") "pieces: [{of: a, below: x, entry: y, from_workers: 2, earlier: true}, "
					    "{of: a, below: x/y, text: z, comment: \"# c\", gone: true}]\nfiles: [{name: f, gone: g}]\n"),
		0);
	assert_int_equal(c.services.items[0].piece_count, 2);
	assert_int_equal(service_owned_most(&c.services), VALUES_OF_A_SERVICE + 3);
}

/* The owner of each secret, and that each is found. */
static void secrets_of_services(void **state)
{
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};
	size_t whose = 9;

	assert_int_equal(add(b, &c,
			     SERVICE("a", "1",
				     "part: none\nsecrets: [{key: A1, in_database: true}, "
				     "{key: A2, prefix: x-, in_database: false}]\n")),
			 0);
	assert_int_equal(add(b, &c, SERVICE("b", "2", "part: none\n")), 0);
	assert_int_equal(add(b, &c, SERVICE("c", "3", "part: none\nsecrets: [{key: C1, in_database: false}]\n")), 0);
	assert_string_equal(service_secret(&c.services, 1, &whose)->key, "A2");
	assert_int_equal(whose, 0);
	assert_string_equal(service_secret(&c.services, 2, &whose)->key, "C1");
	assert_int_equal(whose, 2);
	assert_null(service_secret(&c.services, 3, &whose));
	assert_true(service_secret_find(&c.services, "A1")->in_database);
	assert_false(service_secret_find(&c.services, "C1")->in_database);
	assert_null(service_secret_find(&c.services, "A"));
}

static void fallbacks(void **state)
{
	struct bench *b = *state;
	struct catalog c = {.services = {.count = 0}};
	const struct cost_model *m = &c.models.items[0];

	assert_int_equal(add(b, &c, SERVICE("one", "1", "part: workers\n")), 0);
	assert_int_equal(add(b, &c, SERVICE("two", "2", "part: none\n")), 0);
	assert_int_equal(add(b, &c,
			     MODEL("  one: {expected: 1, reservation: 7, limit: 8}\n"
				   "  gone: {expected: 2, reservation: 7, limit: 8}\n"
				   "  lost: {expected: 2, reservation: 7, limit: 8}\n")),
			 0);
	assert_true(m->measured[0]);
	assert_int_equal(m->services[0].expected.base_mib, 1);
	assert_false(m->measured[1]);
	assert_int_equal(m->services[1].expected.base_mib, 10);
	assert_int_equal(m->services[1].limit.base_mib, 30);
	assert_string_equal(m->strangers, "gone, lost");
	/* A stranger's figures are checked as well: it may be a misspelt name. */
	assert_int_not_equal(add(b, &c, MODEL("  tow: {expected: 1, reservation: 7, limits: 8}\n")), 0);
	assert_int_not_equal(add(b, &c, MODEL("  two: {expected: 1, reservation: 9, limit: 8}\n")), 0);
}

/* Per part, sorted, each once; a part taken back is gone. */
static void parts_of_an_answer(void **state)
{
	const struct answer one = said("a", 0), two = said("b", 0);
	struct answers all = {0};
	char names[MAX_SERVICES][8];

	(void)state;
	assert_null(answer_service(&all, "db"));
	assert_true(answer_set_service(&all, "web", &one));
	assert_true(answer_set_service(&all, "db", &one));
	assert_true(answer_set_service(&all, "web", &two));
	assert_string_equal(all.parts[0].part, "db");
	assert_string_equal(all.parts[1].part, "web");
	assert_null(all.parts[2].part);
	assert_string_equal(answer_service(&all, "web"), "b");
	assert_true(answer_set_service(&all, "db", NULL));
	assert_true(answer_set_service(&all, "db", NULL));
	assert_null(answer_service(&all, "db"));
	assert_string_equal(answer_service(&all, "web"), "b");
	for (int i = 1; i < MAX_SERVICES; i++) {
		snprintf(names[i], sizeof(names[i]), "s%d", i);
		assert_true(answer_set_service(&all, names[i], &one));
	}
	assert_false(answer_set_service(&all, "more", &one));
	assert_true(answer_set_service(&all, "web", NULL));
	assert_true(answer_set_service(&all, "more", &one));
	assert_string_equal(answer_service(&all, "s11"), "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(shipped),
		bench_test(by_order),
		bench_test(nobody_plays_it),
		bench_test(refused),
		bench_test(costs_are_checked),
		bench_test(full),
		bench_test(fallbacks),
		bench_test(parts_of_an_answer),
		bench_test(owned_values_have_room),
		bench_test(owned_values_are_checked),
		bench_test(pieces_are_checked),
		bench_test(secrets_of_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

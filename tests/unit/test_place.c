/* SPDX-License-Identifier: MIT */
/* Where an owned value stands in a compose file, whatever its style, and when only a person can change it. */
#include "unit.h"

#include "compose/place.h"

static const struct owned_value
	limit = {.file = "f",
		 .path = "services/s/deploy/resources/limits/memory",
		 .place = OWNED_SCALAR,
		 .wanted = "64M"},
	mem = {.file = "f", .path = "services/s/mem_limit", .place = OWNED_SCALAR, .wanted = "64M"},
	word = {.file = "f", .path = "services/s/command", .place = OWNED_WORD, .word = "--max", .wanted = "50"},
	workers = {.file = "f", .path = "services/s", .place = OWNED_WORKERS, .word = "--num_workers", .wanted = "6"};

static struct yaml_doc *parsed(struct bench *b, const char *text)
{
	struct yaml_doc *doc;

	if (yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc) < 0)
		fail_msg("cannot be parsed: %s", text);
	return doc;
}

/* What every user of a place relies on, whatever kind it is. */
static void is_sound(const struct yaml_doc *doc, const struct place *p)
{
	bool bytes = p->kind == PLACE_HERE || (p->kind == PLACE_VARIABLE && p->node);

	assert_non_null(p->path);
	if (p->kind == PLACE_MANUAL)
		assert_true(p->why && !p->node && !p->variable);
	if (p->kind == PLACE_MISSING)
		assert_true(p->node && p->rest);
	if (p->kind == PLACE_VARIABLE)
		assert_true(p->variable && p->env_file);
	if (bytes)
		assert_true(p->node && p->node->start <= p->start && p->start <= p->end && p->end <= p->node->end &&
			    p->end <= doc->len && p->expected);
}

static struct place placed(struct bench *b, const struct owned_value *v, const char *text)
{
	struct yaml_doc *doc = parsed(b, text);
	struct place p = place_find(&b->arena, doc, v);

	is_sound(doc, &p);
	return p;
}

/* The value "[bytes]current", to compare: the bytes are what an edit replaces. */
static const char *here(struct bench *b, const struct owned_value *v, const char *text)
{
	struct place p = placed(b, v, text);

	if (p.kind != PLACE_HERE)
		return arena_printf(&b->arena, "kind %d: %s", p.kind, p.why ? p.why : "");
	return arena_printf(&b->arena, "[%.*s]%s>%s", (int)(p.end - p.start), text + p.start,
			    p.current ? p.current : "-", p.expected);
}

#define S "services: {s: {"
#define E "}}\n"

static void scalars(void **state)
{
	struct bench *b = *state;

	assert_string_equal(here(b, &mem, "services:\n  s:\n    mem_limit: 1g # x\n"), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, S "mem_limit: '1g'" E), "['1g']1g>64M");
	assert_string_equal(here(b, &mem, S "\"mem_limit\": \"1\\x67\"" E), "[\"1\\x67\"]1g>64M");
	assert_string_equal(here(b, &mem, S "mem_limit: " E), "[]->64M");
	assert_string_equal(here(b, &mem, S "mem_limit: ~" E), "[~]->64M");
	assert_string_equal(here(b, &mem, S "mem_limit: ''" E), "['']>64M");
	assert_string_equal(here(b, &mem, "\xef\xbb\xbf" S "mem_limit: 1g" E), "[1g]1g>64M");
	assert_string_equal(here(b, &limit, S "deploy: {resources: {limits: {memory: 1g}}}" E), "[1g]1g>64M");
}

static void words(void **state)
{
	struct bench *b = *state;

	assert_string_equal(here(b, &word, S "command: [a, --max, '30']" E), "['30']30>50");
	assert_string_equal(here(b, &word, S "command: [a, '--max=30']" E), "[30]30>--max=50");
	assert_string_equal(here(b, &word, S "command: a --max 30 b" E), "[30]30>a --max 50 b");
	assert_string_equal(here(b, &word, S "command: \"a --max=30\"" E), "[30]30>a --max=50");
	assert_string_equal(here(b, &word, "services:\n  s:\n    command: >\n      a\n      --max 30\n"),
			    "[30]30>a --max 50\n");
	assert_string_equal(here(b, &word, S "command: [sh, -c, 'a --max \"30\"']" E), "[30]30>a --max \"50\"");
	/* A word that only looks alike. */
	assert_string_equal(here(b, &word, S "command: [--maximum, '1', x--max, '2', --max, '30']" E), "['30']30>50");
	assert_string_equal(here(b, &word, S "command: 'x--max 1 --max 30'" E), "[30]30>x--max 1 --max 50");
	assert_int_equal(placed(b, &word, S "command: [--maxi=3]" E).kind, PLACE_MISSING);
	assert_int_equal(placed(b, &word, S "command: a b" E).kind, PLACE_MISSING);
}

/* The flag wins over the environment. */
static void worker_count(void **state)
{
	struct bench *b = *state;

	assert_string_equal(here(b, &workers, S "command: [--num_workers, '2'], environment: {NUM_WORKERS: 3}" E),
			    "['2']2>6");
	assert_string_equal(here(b, &workers, S "environment: {NUM_WORKERS: 3}" E), "[3]3>6");
	assert_string_equal(here(b, &workers, S "environment: [NUM_WORKERS=3]" E), "[3]3>NUM_WORKERS=6");
	assert_string_equal(here(b, &workers, S "environment: ['NUM_WORKERS=']" E), "[]>NUM_WORKERS=6");
	assert_string_equal(placed(b, &workers, S "command: x" E).path, "services/s/environment/NUM_WORKERS");
	assert_string_equal(placed(b, &workers, S "environment: [A]" E).path, "services/s/environment");
	assert_int_equal(placed(b, &workers, S "environment: [A]" E).form, FORM_ENTRY);
	assert_int_equal(placed(b, &workers, S "command: --num_workers 2" E).form, FORM_COMMAND);
	assert_int_equal(placed(b, &workers, S "environment: {A: 1}" E).form, FORM_VALUE);
}

static void is_variable(struct bench *b, const struct owned_value *v, const char *text, const char *name,
			const char *current)
{
	struct place p = placed(b, v, text);

	if (p.kind != PLACE_VARIABLE)
		fail_msg("no variable: %s (%s)", text, p.why ? p.why : "");
	assert_string_equal(p.variable, name);
	assert_string_equal(p.env_file, ".env");
	assert_string_equal(p.current ? p.current : "-", current);
}

static void variables(void **state)
{
	struct bench *b = *state;

	is_variable(b, &mem, S "mem_limit: '${M:-1g}'" E, "M", "1g");
	is_variable(b, &mem, S "mem_limit: $M" E, "M", "-");
	is_variable(b, &word, S "command: [--max, '${M-3}']" E, "M", "3");
	is_variable(b, &word, S "command: a --max=$M" E, "M", "-");
	is_variable(b, &workers, S "environment: {NUM_WORKERS: }" E, "NUM_WORKERS", "-");
	is_variable(b, &workers, S "environment: [NUM_WORKERS]" E, "NUM_WORKERS", "-");
	is_variable(b, &workers, S "environment: ['NUM_WORKERS=${W:-2}']" E, "W", "2");
	/* Its text is no number's place, but the variable's line is. */
	is_variable(b, &mem, "services:\n  s:\n    mem_limit: |-\n      ${M}\n", "M", "-");
	/* Used elsewhere too: the value is written here instead. */
	assert_string_equal(here(b, &mem, "x: $M\n" S "mem_limit: '${M:-1g}'" E), "['${M:-1g}']1g>64M");
	assert_string_equal(placed(b, &mem, "x: $M\n" S "mem_limit: '${M}'" E).variable, "M");
	assert_int_equal(placed(b, &mem, "x: $M\nservices:\n  s:\n    mem_limit: |-\n      ${M}\n").kind, PLACE_MANUAL);
}

/* What keeps a program from changing it, and the value that holds meanwhile. */
static void by_hand(void **state)
{
	static const struct {
		const struct owned_value *v;
		const char *text, *current;
	} rows[] = {
		{&mem, S "mem_limit: &a 1g" E, "1g"},
		{&mem, S "mem_limit: !!str 1g" E, "1g"},
		{&mem, "x: &a 1g\n" S "mem_limit: *a" E, "1g"},
		{&mem, "x: &a {mem_limit: 1g}\n" S "<<: *a" E, "1g"},
		{&mem, "x: &a {mem_limit: 1g}\n" S "<<: [*a]" E, "1g"},
		{&mem, "x: &a {mem_limit: 1g}\nservices: {s: *a}\n", "1g"},
		{&mem, "services: {s: &a {mem_limit: 1g}, t: *a}\n", "1g"},
		{&mem, "services: &a {s: {mem_limit: 1g}}\nx: *a\n", "1g"},
		{&mem, S "mem_limit: [1g]" E, NULL},
		{&mem, S "mem_limit: '${G}g'" E, "${G}g"},
		{&mem, "services:\n  s:\n    mem_limit: |\n      1g\n", "1g\n"},
		{&limit, S "deploy: !reset {resources: {limits: {memory: 1g}}}" E, NULL},
		{&limit, S "deploy: !override {resources: {limits: {memory: 1g}}}" E, "1g"},
		{&limit, S "deploy: !reset null" E, NULL},
		{&limit, S "deploy: [x]" E, NULL},
		{&limit, S "deploy: x" E, NULL},
		{&mem, S "extends: t}, t: {image: x" E, NULL},
		{&mem, S "mem_limit: 1g}, t: {extends: s" E, "1g"},
		{&mem, S "mem_limit: 1g}, t: {extends: {service: s}" E, "1g"},
		{&word, S "command: [--max]" E, "something else"},
		{&word, S "command: [--max, many]" E, "something else"},
		{&word, S "command: [--max, '1', --max, '2']" E, "something else"},
		{&word, S "command: --max 1 --max 2" E, "something else"},
		{&word, S "command: --max many" E, "something else"},
		{&word, S "command: \"--\\x6dax 1\"" E, "something else"},
		{&word, S "command: {a: b}" E, "something else"},
		{&word, "x: &a '--max=1'\n" S "command: [*a]" E, "something else"},
		{&workers, "x: &e [A=1, NUM_WORKERS=2]\n" S "environment: *e" E, "2"},
		{&workers, "x: &c [--num_workers, '2']\n" S "command: *c" E, "2"},
		{&workers, S "environment: [NUM_WORKERS=1, NUM_WORKERS=2]" E, "something else"},
		{&workers, S "environment: [&a NUM_WORKERS=2]" E, "something else"},
		{&workers, S "environment: [!!str NUM_WORKERS=2]" E, "something else"},
		{&workers, "services:\n  s:\n    environment:\n    - |-\n      NUM_WORKERS=2\n", "something else"},
		{&workers, "services:\n  s:\n    environment:\n    - >-\n      NUM_WORKERS=2\n", "something else"},
		{&workers, "x: &a NUM_WORKERS=2\n" S "environment: [*a]" E, "something else"},
		{&workers, S "environment: [NUM_WORKERS=many]" E, "something else"},
		{&workers, S "environment: [\"NUM\\x5fWORKERS=2\"]" E, "something else"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct place p = placed(b, rows[i].v, rows[i].text);
		bool same = !p.current ? !rows[i].current : rows[i].current && strcmp(p.current, rows[i].current) == 0;

		if (p.kind != PLACE_MANUAL || !same)
			fail_msg("row %zu: kind %d, '%s' (%s): %s", i, p.kind, p.current ? p.current : "-",
				 p.why ? p.why : "", rows[i].text);
	}
}

/* An anchor that nobody uses is in nobody's way, nor is a service of another file that extends one of that name. */
static void not_in_the_way(void **state)
{
	struct bench *b = *state;

	assert_string_equal(here(b, &mem, "services: &a {s: &b {mem_limit: 1g}}\n"), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, "services: !!map {s: {mem_limit: 1g}}\n"), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, S "mem_limit: 1g}, t: {extends: {service: s, file: o.yaml}" E), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, S "mem_limit: 1g}, t: {extends: ss" E), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, S "extends: t, mem_limit: 1g" E), "[1g]1g>64M");
	assert_string_equal(here(b, &mem, "x: &a {mem_limit: 2g}\n" S "<<: *a, mem_limit: 1g" E), "[1g]1g>64M");
}

static void missing(void **state)
{
	static const struct {
		const struct owned_value *v;
		const char *text, *rest;
		bool below_null;
	} rows[] = {
		{&mem, S "image: x" E, "mem_limit", false},
		{&limit, S "image: x" E, "deploy/resources/limits/memory", false},
		{&limit, S "deploy: {resources: {}}" E, "limits/memory", false},
		{&limit, S "deploy: {resources: }" E, "limits/memory", true},
		{&limit, "services:\n  s:\n    deploy: ~\n", "resources/limits/memory", true},
		{&workers, S "image: x" E, "environment/NUM_WORKERS", false},
		{&workers, S "environment: {A: 1}" E, "NUM_WORKERS", false},
		{&workers, S "environment: [A=1, NUM_WORKERS_2=3, 'NUM_WORKERS =4']" E, "", false},
		{&word, S "command: [x]" E, "", false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct place p = placed(b, rows[i].v, rows[i].text);

		if (p.kind != PLACE_MISSING || strcmp(p.rest, rows[i].rest) != 0 || !p.key == rows[i].below_null)
			fail_msg("row %zu: kind %d, rest '%s'", i, p.kind, p.rest ? p.rest : "-");
	}
	assert_true(placed(b, &limit, S "deploy: {resources: }" E).in_flow);
	assert_false(placed(b, &limit, "services:\n  s:\n    deploy:\n").in_flow);
}

/* Where the worker count may stand instead: the last env file of the service. */
static void env_files(void **state)
{
	static const struct {
		const char *text, *file;
	} rows[] = {
		{S "env_file: a.env" E, "a.env"},
		{S "env_file: [a.env, b.env]" E, "b.env"},
		{S "env_file: [a.env, {path: b.env}]" E, "b.env"},
		{S "env_file: '${X}.env'" E, "-"},
		{S "env_file: []" E, "-"},
		{S "image: x" E, "-"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct place p = placed(b, &workers, rows[i].text);

		assert_int_equal(p.kind, PLACE_MISSING);
		assert_string_equal(p.variable, "NUM_WORKERS");
		assert_string_equal(p.env_file ? p.env_file : "-", rows[i].file);
	}
}

/* A service that is not there is never made. */
static void nowhere(void **state)
{
	static const char *const texts[] = {"services: {}",
					    "services: {t: {}}",
					    "services:\n",
					    "services: {s: }",
					    "services: {s: x}",
					    "services: {s: [x]}",
					    "services: [s]",
					    "x: 1",
					    "services: {s: !reset {}}",
					    "services: {ss: {mem_limit: 1g}}",
					    "x"};
	const struct owned_value *const values[] = {&mem, &limit, &word, &workers};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t k = 0; k < ARRAY_SIZE(values); k++)
			if (placed(b, values[k], texts[i]).kind != PLACE_NOWHERE)
				fail_msg("a place in '%s'", texts[i]);
	assert_int_equal(placed(b, &mem, "").kind, PLACE_MANUAL);
}

static void effective(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = {{"a/b", "1"}, {"c/b", "1"}, {"d/b", "1"}, {"d/e", "2"},   {"f/b", "3"}, {"g/b", "1"},
		    {"h/b", "-"}, {"a/x", "-"}, {"x", "-"},   {"a/b/c", "-"}, {"i/b", "4"}};
	struct bench *b = *state;
	const struct yaml_doc *doc =
		parsed(b, "a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\nf: {<<: *a, b: 3}\ng: {<<: [{z: 1}, *a]}\n"
			  "h: !reset {b: 1}\ni: {<<: [{b: 4}, *a]}\n");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct yaml_node *n = place_effective(&b->arena, doc->root, rows[i].path);

		if (strcmp(n ? n->value : "-", rows[i].value) != 0)
			fail_msg("%s is %s", rows[i].path, n ? n->value : "-");
	}
	assert_ptr_equal(place_effective(&b->arena, doc->root, ""), doc->root);
	assert_null(place_effective(&b->arena, NULL, "a"));
}

static void changed_kinds(void **state)
{
	struct bench *b = *state;
	struct place p = placed(b, &mem, S "mem_limit: 1g" E);

	place_make_manual(&p, "so");
	assert_int_equal(p.kind, PLACE_MANUAL);
	assert_string_equal(p.why, "so");
	assert_string_equal(p.current, "1g");
	assert_string_equal(p.path, mem.path);
	assert_null(p.node);
	p = placed(b, &mem, S "mem_limit: $M" E);
	place_write_here(&p, "so");
	assert_int_equal(p.kind, PLACE_HERE);
	p = placed(b, &mem, "services:\n  s:\n    mem_limit: |-\n      ${M}\n");
	place_write_here(&p, "so");
	assert_int_equal(p.kind, PLACE_MANUAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(scalars), bench_test(words),		 bench_test(worker_count),  bench_test(variables),
		bench_test(by_hand), bench_test(not_in_the_way), bench_test(missing),	    bench_test(env_files),
		bench_test(nowhere), bench_test(effective),	 bench_test(changed_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

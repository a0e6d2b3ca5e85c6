/* SPDX-License-Identifier: MIT */
/* Values that are missing are put in where they belong, in the style of the file, and found there again. */
#include "unit.h"

#include <errno.h>

#include "compose/insert.h"
#include "core/strbuf.h"

static const struct owned_value limit = {.file = "f",
					 .path = "services/s/deploy/resources/limits/memory",
					 .place = OWNED_SCALAR,
					 .wanted = "64M",
					 .comment = "why"},
				reservation = {.file = "f",
					       .path = "services/s/deploy/resources/reservations/memory",
					       .place = OWNED_SCALAR,
					       .wanted = "32M",
					       .comment = "too"},
				swap = {.file = "f",
					.path = "services/s/memswap_limit",
					.place = OWNED_SCALAR,
					.wanted = "65M",
					.comment = "swap"},
				workers = {.file = "f",
					   .path = "services/s",
					   .place = OWNED_WORKERS,
					   .word = "--num_workers",
					   .wanted = "6",
					   .comment = "six"};

static struct yaml_doc *parsed(struct bench *b, const char *text)
{
	struct yaml_doc *doc;

	if (yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc) < 0)
		fail_msg("cannot be parsed: %s", text);
	return doc;
}

static const char *spliced(struct bench *b, const struct yaml_doc *doc, const struct splice *edits, size_t count)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	assert_int_equal(splice_apply(doc->text, doc->len, edits, count, &out), 0);
	text = arena_strndup(&b->arena, strbuf_text(&out), out.len);
	strbuf_clear(&out);
	return text;
}

/* The text with the value put in; NULL: this way is impossible. What is put in is found, and is one leaf. */
static const char *put_in(struct bench *b, const char *text, const struct owned_value *v, enum insert_way way)
{
	struct yaml_doc *doc = parsed(b, text), *after;
	struct place p = place_find(&b->arena, doc, v);
	const struct yaml_node *found;
	struct splice edit;
	const char *result;

	assert_int_equal(p.kind, PLACE_MISSING);
	if (insert_value(&b->arena, doc, &p, v, NULL, way, &edit) < 0)
		return NULL;
	result = spliced(b, doc, &edit, 1);
	after = parsed(b, result);
	found = insert_found(&b->arena, after, &p, v);
	if (!found || insert_leaves(found) != 1)
		fail_msg("not found again: %s", result);
	assert_null(insert_found(&b->arena, doc, &p, v));
	return result;
}

static void put_is(struct bench *b, const char *text, const struct owned_value *v, const char *wanted)
{
	const char *is = put_in(b, text, v, INSERT_LAST);

	assert_string_equal(is ? is : "-", wanted);
}

static void into_a_block(void **state)
{
	struct bench *b = *state;

	put_is(b, "services:\n  s:\n    image: x\n", &swap,
	       "services:\n  s:\n    image: x\n    memswap_limit: \"65M\" # vpsfit: swap\n");
	put_is(b, "services:\n  s:\n    image: x", &swap,
	       "services:\n  s:\n    image: x\n    memswap_limit: \"65M\" # vpsfit: swap");
	put_is(b, "services:\n  s:\n    image: x # mine\n\n# end\n", &swap,
	       "services:\n  s:\n    image: x # mine\n    memswap_limit: \"65M\" # vpsfit: swap\n\n# end\n");
	put_is(b, "services:\n    s:\n        image: x\n    t: {image: y}\n", &limit,
	       "services:\n    s:\n        image: x\n        deploy:\n            resources:\n                limits:\n"
	       "                    memory: \"64M\" # vpsfit: why\n    t: {image: y}\n");
	put_is(b, "services:\n  s:\n    deploy:\n      resources:\n        limits:\n          cpus: 1\n    image: x\n",
	       &limit,
	       "services:\n  s:\n    deploy:\n      resources:\n        limits:\n          cpus: 1\n"
	       "          memory: \"64M\" # vpsfit: why\n    image: x\n");
}

/* The step is that of the services; two where they do not tell one. */
static void steps(void **state)
{
	static const struct {
		int indent, step;
	} rows[] = {{1, 1}, {2, 2}, {3, 3}, {8, 8}, {9, 2}, {12, 2}};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = arena_printf(&b->arena, "services:\n%*ss:\n%*simage: x\n", rows[i].indent, "",
						2 * rows[i].indent, "");
		int at = 2 * rows[i].indent, step = rows[i].step;

		put_is(b, text, &limit,
		       arena_printf(&b->arena,
				    "%s%*sdeploy:\n%*sresources:\n%*slimits:\n%*smemory: \"64M\" # vpsfit: why\n", text,
				    at, "", at + step, "", at + 2 * step, "", at + 3 * step, ""));
	}
}

/* Line ends are those of the file. */
static void line_ends(void **state)
{
	struct bench *b = *state;

	put_is(b, "services:\r\n  s:\r\n    image: x\r\n", &swap,
	       "services:\r\n  s:\r\n    image: x\r\n    memswap_limit: \"65M\" # vpsfit: swap\r\n");
	put_is(b, "services:\r  s:\r    image: x\r", &swap,
	       "services:\r  s:\r    image: x\r    memswap_limit: \"65M\" # vpsfit: swap\r");
}

static void into_flow(void **state)
{
	struct bench *b = *state;

	put_is(b, "services: {s: {image: x}}", &swap, "services: {s: {image: x, memswap_limit: \"65M\"}}");
	put_is(b, "services: {s: {image: x, }}", &limit,
	       "services: {s: {image: x, deploy: {resources: {limits: {memory: \"64M\"}}}, }}");
	put_is(b, "{\"services\": {\"s\": {\"image\": \"x\"}}}", &limit,
	       "{\"services\": {\"s\": {\"image\": \"x\", \"deploy\": {\"resources\": {\"limits\": {\"memory\": \"64M\"}}}}}}");
	put_is(b, "services:\n  s:\n    deploy: {}\n", &limit,
	       "services:\n  s:\n    deploy: {resources: {limits: {memory: \"64M\"}}}\n");
	put_is(b, "services:\n  s:\n    deploy: { # none\n    }\n", &limit,
	       "services:\n  s:\n    deploy: {resources: {limits: {memory: \"64M\"}} # none\n    }\n");
}

static void into_null(void **state)
{
	struct bench *b = *state;

	put_is(b, "services:\n  s:\n    deploy:\n    image: x\n", &limit,
	       "services:\n  s:\n    deploy:\n      resources:\n        limits:\n          memory: \"64M\" # vpsfit: why\n"
	       "    image: x\n");
	put_is(b, "services:\n  s:\n    deploy: ~ # later\n", &limit,
	       "services:\n  s:\n    deploy: # later\n      resources:\n        limits:\n"
	       "          memory: \"64M\" # vpsfit: why\n");
	put_is(b, "services: {s: {deploy: }}", &limit,
	       "services: {s: {deploy: {resources: {limits: {memory: \"64M\"}}}}}");
	put_is(b, "services: {s: {deploy: null, image: x}}", &limit,
	       "services: {s: {deploy: {resources: {limits: {memory: \"64M\"}}}, image: x}}");
	put_is(b, "services: {s: {image: x, deploy}}", &limit,
	       "services: {s: {image: x, deploy: {resources: {limits: {memory: \"64M\"}}}}}");
}

static void into_a_list(void **state)
{
	struct bench *b = *state;

	put_is(b, "services:\n  s:\n    environment:\n      - A=1 # one\n", &workers,
	       "services:\n  s:\n    environment:\n      - A=1 # one\n      - \"NUM_WORKERS=6\" # vpsfit: six\n");
	put_is(b, "services:\n  s:\n    environment:\n    - A=1\n    image: x\n", &workers,
	       "services:\n  s:\n    environment:\n    - A=1\n    - \"NUM_WORKERS=6\" # vpsfit: six\n    image: x\n");
	put_is(b, "services: {s: {environment: [A=1]}}", &workers,
	       "services: {s: {environment: [A=1, \"NUM_WORKERS=6\"]}}");
	put_is(b, "services: {s: {environment: [ ]}}", &workers, "services: {s: {environment: [\"NUM_WORKERS=6\" ]}}");
	put_is(b, "services:\n  s:\n    environment:\n      A: 1\n", &workers,
	       "services:\n  s:\n    environment:\n      A: 1\n      NUM_WORKERS: \"6\" # vpsfit: six\n");
}

/* Above the last entry, with the comments above it or without. */
static void other_ways(void **state)
{
	static const char text[] = "services:\n  s:\n    a: 1\n    # of b\n    image: x\n";
	static const char list[] = "services:\n  s:\n    environment:\n      - A=1\n      # of b\n      - B=1\n";
	struct bench *b = *state;

	assert_string_equal(
		put_in(b, text, &swap, INSERT_ABOVE_COMMENTS),
		"services:\n  s:\n    a: 1\n    memswap_limit: \"65M\" # vpsfit: swap\n    # of b\n    image: x\n");
	assert_string_equal(
		put_in(b, text, &swap, INSERT_ABOVE),
		"services:\n  s:\n    a: 1\n    # of b\n    memswap_limit: \"65M\" # vpsfit: swap\n    image: x\n");
	assert_string_equal(put_in(b, list, &workers, INSERT_ABOVE_COMMENTS),
			    "services:\n  s:\n    environment:\n      - A=1\n      - \"NUM_WORKERS=6\" # vpsfit: six\n"
			    "      # of b\n      - B=1\n");
	assert_string_equal(put_in(b, list, &workers, INSERT_ABOVE),
			    "services:\n  s:\n    environment:\n      - A=1\n      # of b\n"
			    "      - \"NUM_WORKERS=6\" # vpsfit: six\n      - B=1\n");
	assert_string_equal(put_in(b, "services: {s: {image: x}}", &swap, INSERT_ABOVE),
			    "services: {s: {memswap_limit: \"65M\", image: x}}");
	assert_null(put_in(b, "services: {s: {image: x}}", &swap, INSERT_ABOVE_COMMENTS));
	assert_null(put_in(b, "services: {s: {deploy: {}}}", &limit, INSERT_ABOVE));
	assert_null(put_in(b, "services: {s: {deploy: }}", &limit, INSERT_ABOVE));
}

/* Values below one new key: the second goes below what the first has made. */
static void below_one_new_key(void **state)
{
	struct bench *b = *state;
	struct yaml_doc *doc = parsed(b, "services:\n  s:\n    image: x\n"), *after;
	struct place first = place_find(&b->arena, doc, &limit), second = place_find(&b->arena, doc, &reservation);
	const struct yaml_node *one, *two;
	struct splice edits[2];
	const char *text;

	assert_int_equal(insert_value(&b->arena, doc, &first, &limit, NULL, INSERT_LAST, &edits[0]), 0);
	assert_int_equal(insert_value(&b->arena, doc, &second, &reservation, first.rest, INSERT_LAST, &edits[1]), 0);
	assert_int_equal(edits[0].start, edits[1].start);
	edits[0].text = arena_printf(&b->arena, "%s%s", edits[0].text, edits[1].text);
	text = spliced(b, doc, edits, 1);
	assert_string_equal(text, "services:\n  s:\n    image: x\n    deploy:\n      resources:\n        limits:\n"
				  "          memory: \"64M\" # vpsfit: why\n        reservations:\n"
				  "          memory: \"32M\" # vpsfit: too\n");
	after = parsed(b, text);
	one = insert_found(&b->arena, after, &first, &limit);
	two = insert_found(&b->arena, after, &second, &reservation);
	assert_non_null(one);
	assert_ptr_equal(one, two);
	assert_int_equal(insert_leaves(one), 2);
}

static void leaves(void **state)
{
	static const struct {
		const char *text;
		size_t leaves;
	} rows[] = {{"a", 1}, {"a: 1", 1}, {"a: {b: 1, c: {d: 2, e: }}", 3}, {"{}", 0}};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(insert_leaves(parsed(b, rows[i].text)->root), rows[i].leaves);
	assert_true(insert_leaves(parsed(b, "a: {b: [1]}")->root) >= YAML_MAX_NODES);
	assert_true(insert_leaves(parsed(b, "a: &x 1\nb: *x")->root) >= YAML_MAX_NODES);
}

/* Another value there is not what was put in. */
static void found_only_as_put_in(void **state)
{
	static const char *const others[] = {"services: {s: {image: x}}",
					     "services: {s: {memswap_limit: 66M}}",
					     "services: {s: {memswap_limit: [65M]}}",
					     "services: {t: {memswap_limit: 65M}}",
					     "services: [memswap_limit]",
					     "",
					     "memswap_limit: 65M"};
	struct bench *b = *state;
	struct place p = place_find(&b->arena, parsed(b, "services: {s: {image: x}}"), &swap);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (insert_found(&b->arena, parsed(b, others[i]), &p, &swap))
			fail_msg("found in '%s'", others[i]);
	assert_non_null(insert_found(&b->arena, parsed(b, "services: {s: {memswap_limit: 65M}}"), &p, &swap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(into_a_block),
		bench_test(line_ends),
		bench_test(steps),
		bench_test(into_flow),
		bench_test(into_null),
		bench_test(into_a_list),
		bench_test(other_ways),
		bench_test(leaves),
		bench_test(below_one_new_key),
		bench_test(found_only_as_put_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

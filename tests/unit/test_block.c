/* SPDX-License-Identifier: MIT */
/* An optional service's block is added and removed in files of any style; removing it restores the text. */
#include "unit.h"

#include <errno.h>

#include "compose/block.h"

static const char block_text[] = "# about the block\n"
				 "services:\n"
				 "  app:\n"
				 "    environment:\n"
				 "      # why\n"
				 "      CACHE: \"cache\"\n"
				 "      PORT: \"1\"\n"
				 "\n"
				 "  cache:\n"
				 "    # what it is\n"
				 "    image: cache:1\n"
				 "    command: [run, --most, \"5\"]\n"
				 "    deploy:\n"
				 "      resources:\n"
				 "        limits:\n"
				 "          memory: \"64M\" # vpsfit: limit\n"
				 "volumes:\n"
				 "  cache_data:\n";

static const struct owned_value owned[] = {
	{.path = "services/cache/deploy/resources/limits/memory", .place = OWNED_SCALAR},
	{.path = "services/cache/command", .place = OWNED_WORD, .word = "--most"},
};

static struct yaml_doc *doc_of(struct bench *b, const char *text)
{
	struct yaml_doc *doc = NULL;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	return doc;
}

static struct block block_of(struct bench *b)
{
	return (struct block){doc_of(b, block_text), "cache", owned, ARRAY_SIZE(owned), false};
}

static enum block_fate fate(struct bench *b, const char *text, const char **where)
{
	const struct block block = block_of(b);
	const char *unused;

	return block_find(&b->arena, &block, doc_of(b, text), where ? where : &unused);
}

/* NULL if it cannot be added. */
static const char *put(struct bench *b, const char *text)
{
	const struct block block = block_of(b);
	const struct yaml_doc *after;
	const char *where;

	after = block_put(&b->arena, &block, doc_of(b, text), &where);
	return after ? after->text : NULL;
}

static const char *take(struct bench *b, const char *text)
{
	const struct block block = block_of(b);
	const struct yaml_doc *after = block_take(&b->arena, &block, doc_of(b, text));

	return after ? after->text : NULL;
}

#define APP "services:\n  app:\n    image: app\n    environment:\n      A: b # c\n"
#define VOLUMES "volumes:\n  data:\n"

static const char *const hands[] = {
	APP VOLUMES,
	APP "\n# below\n" VOLUMES "# the end\n",
	/* No line end after the last line. */
	"services:\n  app:\n    environment:\n      A: b\nvolumes:\n  data: {}",
	/* Deeper indentation, blank lines at the ends. */
	"services:\n\n    app:\n        environment:\n            A: b\n\n\n    b: {image: b}\n\n\nvolumes:\n    data:\n\n",
	/* Volumes first, environment in the middle, comments in odd places. */
	"volumes:\n  data: # d\n\nservices:\n  # of app\n  app:\n    environment:\n      A: |\n        long\n      # last\n    image: a\n  # last of all\n",
	"services:\r\n  app:\r\n    environment:\r\n      A: b\r\nvolumes:\r\n  data:\r\n",
	"services:\n  app:\n    environment: # e\n      A: [1,\n        2]\n    image: x\nvolumes:\n  data:\n    name: \"x\"\n",
	"services:\n  app:\n    environment:\n      A: >-\n        folded\n        text\n\nvolumes:\n  data: ~\n",
};

static void in_and_out(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hands); i++) {
		const char *with = put(b, hands[i]), *without;

		if (!with)
			fail_msg("hand %zu: not put in", i);
		assert_int_equal(fate(b, hands[i], NULL), BLOCK_ABSENT);
		assert_int_equal(fate(b, with, NULL), BLOCK_WHOLE);
		assert_string_equal(put(b, with), with);
		without = take(b, with);
		if (!without)
			fail_msg("hand %zu: not taken out", i);
		assert_int_equal(fate(b, without, NULL), BLOCK_ABSENT);
		/* A missing line end may be added. */
		assert_int_equal(strncmp(without, hands[i], strlen(hands[i])), 0);
		assert_true(strlen(without) <= strlen(hands[i]) + 1);
	}
}

static void as_it_is_written(void **state)
{
	assert_string_equal(
		put(*state, APP VOLUMES), APP
		"      # why\n      CACHE: \"cache\"\n      PORT: \"1\"\n\n  cache:\n    # what it is\n    image: cache:1\n"
		"    command: [run, --most, \"5\"]\n    deploy:\n      resources:\n        limits:\n"
		"          memory: \"64M\" # vpsfit: limit\n" VOLUMES "  cache_data:\n");
}

/* Owned values may differ. A comment that a person put into the block, or beside it, stays. */
static void owned_may_differ(void **state)
{
	struct bench *b = *state;
	const char *text =
		APP "      CACHE: cache\n      # mine\n      PORT: \"1\"\n  cache:\n    image: cache:1 # theirs\n"
		    "    command: [run, --most, \"70\"]\n    deploy: {resources: {limits: {memory: 9G}}}\n" VOLUMES
		    "  cache_data:\n";

	assert_int_equal(fate(b, text, NULL), BLOCK_WHOLE);
	assert_string_equal(take(b, text), APP "      # mine\n    # theirs\n" VOLUMES);
}

static void what_stands_in_the_way(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
		{APP "      CACHE: other\n" VOLUMES, "services/app/environment/CACHE"},
		{APP "  cache:\n    image: other\n" VOLUMES, "services/cache"},
		{APP
		 "  cache:\n    image: cache:1\n    command: [run, --most, \"5\", x]\n    deploy: {resources: {limits: {memory: 1}}}\n" VOLUMES,
		 "services/cache"},
		{APP VOLUMES "  cache_data: {external: true}\n", "volumes/cache_data"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *where = "";

		assert_int_equal(fate(b, rows[i].text, &where), BLOCK_OTHER);
		assert_string_equal(where, rows[i].where);
	}
}

/* If a person must do it by hand, nothing is added half. */
static void no_room(void **state)
{
	static const char *const texts[] = {
		"services:\n  app:\n    environment: [A=b]\n" VOLUMES,
		"services:\n  app:\n    environment: {A: b}\n" VOLUMES,
		"services:\n  app: {environment: {A: b}}\n" VOLUMES,
		"services:\n  app:\n    image: a\n" VOLUMES,
		"services:\n  other:\n    image: a\n" VOLUMES,
		APP,
		"x: &e\n  A: b\nservices:\n  app:\n    environment: *e\n" VOLUMES,
		/* The place to add to is shared. */
		"services:\n  app:\n    environment: &e\n      A: b\n  two:\n    environment: *e\n" VOLUMES,
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (put(*state, texts[i]))
			fail_msg("text %zu", i);
}

static void a_part_of_it(void **state)
{
	struct bench *b = *state;
	const char *text = APP "      PORT: \"1\"\n" VOLUMES;

	assert_int_equal(fate(b, text, NULL), BLOCK_PART);
	assert_int_equal(fate(b, put(b, text), NULL), BLOCK_WHOLE);
	assert_string_equal(take(b, text), APP VOLUMES);
}

/* Parts that the merged project has and the file has not. */
static void elsewhere(void **state)
{
	struct bench *b = *state;
	const struct block block = block_of(b);
	const struct yaml_doc *file = doc_of(b, APP VOLUMES);

	assert_null(block_elsewhere(&b->arena, &block, file, file));
	assert_string_equal(block_elsewhere(&b->arena, &block, file, doc_of(b, APP "      PORT: x\n" VOLUMES)),
			    "services/app/environment/PORT");
	assert_string_equal(block_elsewhere(&b->arena, &block, file, doc_of(b, APP "  cache: {image: x}\n" VOLUMES)),
			    "services/cache");
	/* The file's own parts are not elsewhere. */
	file = doc_of(b, APP "      PORT: x\n" VOLUMES);
	assert_null(block_elsewhere(&b->arena, &block, file, file));
}

static void what_a_block_is(void **state)
{
	static const char *const wrong[] = {
		"a: b\n",
		"services: {cache: {image: a}}\n",
		"services:\n  app:\n    environment:\n      A: b\n",
		"services:\n  cache:\n",
		"services:\n  cache:\n    restart: always\n",
		"services:\n  cache:\n    image: a\n  app:\n    image: a\n",
		"services:\n  cache:\n    image: a\n  app:\n    environment: [A=b]\n",
		"services:\n  cache:\n    image: a\nvolumes: [a]\n",
	};
	struct bench *b = *state;
	struct block block = block_of(b);

	assert_int_equal(block_check(&block, &b->diags), 0);
	assert_int_equal(b->diags.count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		block.doc = doc_of(b, wrong[i]);
		assert_int_equal(block_check(&block, &b->diags), -EINVAL);
		assert_int_equal(b->diags.count, i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(in_and_out), bench_test(as_it_is_written),	    bench_test(owned_may_differ),
		bench_test(no_room),	bench_test(what_stands_in_the_way), bench_test(a_part_of_it),
		bench_test(elsewhere),	bench_test(what_a_block_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A key or an entry of a list is put in and taken out in files of any style; taking it out restores the text. */
#include "unit.h"

#include "compose/piece.h"

static const char shipped[] = "services:\n"
			      "  app:\n"
			      "    image: app\n"
			      "    # why\n"
			      "    # and how\n"
			      "    start: [\"a\", \"b\"]\n"
			      "    run:\n"
			      "      - \"--one\"\n"
			      "      # two of them\n"
			      "      - \"--two\"\n"
			      "    env:\n"
			      "      A: \"1\"\n";

static struct yaml_doc *doc_of(struct bench *b, const char *text)
{
	struct yaml_doc *doc = NULL;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	return doc;
}

static struct piece key(struct bench *b)
{
	return (struct piece){.path = "services/app/start", .from = doc_of(b, shipped)};
}

static struct piece entry(struct bench *b)
{
	return (struct piece){.path = "services/app/run", .entry = "--two", .from = doc_of(b, shipped)};
}

static struct piece gone(struct bench *b)
{
	return (struct piece){
		.path = "services/app/env/OLD", .text = "x", .comment = "# of old", .from = doc_of(b, shipped)};
}

static const char *put(struct bench *b, struct piece p, const char *text)
{
	const struct yaml_doc *after = piece_put(&b->arena, &p, doc_of(b, text));

	return after ? after->text : NULL;
}

static const char *take(struct bench *b, struct piece p, const char *text)
{
	const struct yaml_doc *after = piece_take(&b->arena, &p, doc_of(b, text));

	return after ? after->text : NULL;
}

static enum piece_fate fate(struct bench *b, struct piece p, const char *text)
{
	return piece_find(&b->arena, &p, doc_of(b, text));
}

static const char *const hands[] = {
	"services:\n  app:\n    image: app\n    run:\n      - \"--one\"\n    env:\n      A: \"1\"\n",
	/* Comments around the places, and no line end after the last line. */
	"services:\n  app:\n    image: app # mine\n    # of run\n    run: # r\n      # of one\n      - --one # o\n      # end\n    x: y",
	"services:\r\n  app:\r\n    image: app\r\n    run:\r\n      - \"--one\"\r\n",
	/* Wide, with dashes at the level of their key, keys in another order. */
	"services:\n    app:\n        run:\n        - \"--one\"\n        - \"--three\"\n        image: app\n\n    b: {image: b}\n",
	"services:\n  app:\n    image: app\n    run: [\"--one\", --three] # mine\n",
	"services:\n  app:\n    image: app\n    run: [\n      \"--one\", # o\n      --three # t\n    ]\n",
};

static void in_and_out(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hands); i++)
		for (int k = 0; k < 2; k++) {
			const struct piece p = k ? entry(b) : key(b);
			const char *with = put(b, p, hands[i]), *without;

			assert_int_equal(fate(b, p, hands[i]), PIECE_ABSENT);
			if (!with)
				fail_msg("hand %zu, piece %d: not put in", i, k);
			assert_int_equal(fate(b, p, with), PIECE_THERE);
			without = take(b, p, with);
			if (!without)
				fail_msg("hand %zu, piece %d: not taken out", i, k);
			/* A missing line end may be added. */
			assert_int_equal(strncmp(without, hands[i], strlen(hands[i])), 0);
			assert_true(strlen(without) <= strlen(hands[i]) + 1);
		}
}

static void as_it_is_shipped(void **state)
{
	struct bench *b = *state;

	assert_string_equal(put(b, entry(b), put(b, key(b), hands[0])), shipped);
	assert_string_equal(
		put(b, key(b), hands[3]),
		"services:\n    app:\n        run:\n        - \"--one\"\n        - \"--three\"\n        image: app\n"
		"        # why\n        # and how\n        start: [\"a\", \"b\"]\n\n    b: {image: b}\n");
	assert_string_equal(put(b, entry(b), hands[4]),
			    "services:\n  app:\n    image: app\n    run: [\"--one\", --three, \"--two\"] # mine\n");
}

static void another_value_is_replaced(void **state)
{
	struct bench *b = *state;
	const char *other =
		"services:\n  app:\n    image: app\n    # above\n    start:\n      - c # mine\n    run: [x]\n";

	assert_int_equal(fate(b, key(b), other), PIECE_OTHER);
	assert_string_equal(
		put(b, key(b), other),
		"services:\n  app:\n    image: app\n    # why\n    # and how\n    start: [\"a\", \"b\"]\n    # above\n"
		"      # mine\n    run: [x]\n");
	/* The same value in another style is the same. */
	assert_int_equal(fate(b, key(b), "services:\n  app:\n    start:\n    - a\n    - 'b'\n"), PIECE_THERE);
}

static void what_is_gone(void **state)
{
	struct bench *b = *state;

	assert_string_equal(
		take(b, gone(b),
		     "services:\n  app:\n    env:\n      A: b\n      # mine\n      # of old\n      OLD: x # c\n"),
		"services:\n  app:\n    env:\n      A: b\n      # mine\n      # c\n");
	assert_int_equal(fate(b, gone(b), "services:\n  app:\n    env:\n      OLD: x:y\n"), PIECE_OTHER);
	assert_int_equal(fate(b, gone(b), "services:\n  app:\n    env: [OLD=x]\n"), PIECE_NO_PLACE);
	/* A mapping without any key would be none. */
	assert_null(take(b, gone(b), "services:\n  app:\n    env:\n      OLD: x\n"));
}

static void no_place(void **state)
{
	struct bench *b = *state;

	assert_int_equal(fate(b, entry(b), "services:\n  app:\n    run: --one --two\n"), PIECE_NO_PLACE);
	assert_int_equal(fate(b, entry(b), "services:\n  app:\n    image: x\n"), PIECE_NO_PLACE);
	assert_int_equal(fate(b, key(b), "services:\n  other:\n    image: x\n"), PIECE_NO_PLACE);
	assert_int_equal(fate(b, entry(b), "x: &r [\"--one\"]\nservices:\n  app:\n    run: *r\n"), PIECE_NO_PLACE);
	assert_int_equal(fate(b, entry(b), "services:\n  app: &a\n    run: [\"--one\"]\n  b: *a\n"), PIECE_NO_PLACE);
	assert_null(put(b, key(b), "services: {app: {image: x}}\n"));
	assert_null(take(b, entry(b), "services:\n  app:\n    run: [\"--two\"]\n"));
	assert_null(take(b, entry(b), "services:\n  app:\n    run: [a, # mine\n      \"--two\"]\n"));
}

static void a_mount_in_the_long_form(void **state)
{
	struct bench *b = *state;
	const struct piece p = {.path = "services/app/run", .entry = "./f:/t:ro", .from = doc_of(b, shipped)};

	assert_int_equal(fate(b, p, "services:\n  app:\n    run:\n      - {type: bind, source: ./f, target: /t}\n"),
			 PIECE_THERE);
	assert_int_equal(fate(b, p, "services:\n  app:\n    run:\n      - {type: bind, source: ./f, target: /u}\n"),
			 PIECE_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(in_and_out),	  bench_test(as_it_is_shipped), bench_test(another_value_is_replaced),
		bench_test(what_is_gone), bench_test(no_place),		bench_test(a_mount_in_the_long_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

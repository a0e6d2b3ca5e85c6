/* Edits of owned values in place, and the lines of .env. */
#include "unit.h"

#include "stack/edit.h"
#include "stack/env.h"
#include "stack/same_tree.h"

static const struct owned_value owned[] = {
	{"f", "s/limit", OWNED_SCALAR, NULL, "k1", "the limit", "2048M", "why it is so"},
	{"f", "s/command", OWNED_AFTER_FLAG, "--num_workers", "k2", "the workers", "6", "six"},
	{"f", "s/command", OWNED_SETTING, "max", "k3", "the maximum", "50", "fifty"},
	{"other", "x", OWNED_SCALAR, NULL, "k4", "not here", "1", "no"},
};

static const char *rendered(struct bench *b, const char *text)
{
	struct edit_file f;
	struct strbuf out = STRBUF_INIT;
	const char *result = NULL;

	if (edit_find(&b->arena, "f", text, strlen(text), "f", owned, ARRAY_SIZE(owned), &b->diags, &f) < 0)
		return NULL;
	assert_int_equal(f.count, 3);
	if (edit_render(&b->arena, &f, &b->diags, &out) == 0)
		result = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

static void in_place(void **state)
{
	assert_string_equal(
		rendered(*state, "# gr\xc3\xbc\xc3\x9f\r\ns:\r\n  limit: \"1M\" # vpsfit: old words\r\n"
				 "  command: [a, --num_workers,  '2' , \"max=30\"]   # mine\r\n  other:   1\r\n"),
		"# gr\xc3\xbc\xc3\x9f\r\ns:\r\n  limit: \"2048M\" # vpsfit: why it is so\r\n"
		"  command: [a, --num_workers,  '6' , \"max=50\"]   # mine\r\n  other:   1\r\n");
}

static void block_list_with_comments(void **state)
{
	assert_string_equal(rendered(*state, "s:\n  command:\n    - --num_workers\n    - 2 # vpsfit: two\n"
					     "    - max=30 # why not\n  limit: 1M\n"),
			    "s:\n  command:\n    - --num_workers\n    - 6 # vpsfit: six\n"
			    "    - max=50 # why not\n  limit: 2048M\n");
}

static void nothing_to_do(void **state)
{
	static const char text[] = "s: {limit: 2048M, command: [--num_workers, 6, max=50]}\n# end, no line end";

	assert_string_equal(rendered(*state, text), text);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"s: {limit: &a 1M, command: [--num_workers, 2, max=30]}\n",
		"s: {limit: !!str 1M, command: [--num_workers, 2, max=30]}\n",
		"s:\n  limit: |\n    1M\n  command: [--num_workers, 2, max=30]\n",
		"s: {command: [--num_workers, 2, max=30]}\n",
		"s: {limit: 1M, command: [--num_workers]}\n",
		"s: {limit: 1M, command: --num_workers 2}\n",
		"x: &l 1M\ns: {limit: *l, command: [--num_workers, 2, max=30]}\n",
		"s: {limit: 1M, limit: 1M}\n",
		"",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t before = diag_errors(&b->diags);

		if (rendered(b, bad[i]))
			fail_msg("'%s' was edited", bad[i]);
		assert_true(diag_errors(&b->diags) > before);
	}
}

static void kept(void **state)
{
	static const char text[] = "s: {limit: 7M, command: [--num_workers, 2, max=30]}\n";
	struct bench *b = *state;
	struct edit_file f;
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(
		edit_find(&b->arena, "f", text, strlen(text), "f", owned, ARRAY_SIZE(owned), &b->diags, &f), 0);
	assert_string_equal(f.edits[0].current, "7M");
	assert_string_equal(f.edits[1].current, "2");
	assert_string_equal(f.edits[2].current, "30");
	f.edits[0].keep = true;
	assert_int_equal(edit_render(&b->arena, &f, &b->diags, &out), 0);
	assert_string_equal(strbuf_text(&out), "s: {limit: 7M, command: [--num_workers, 6, max=50]}\n");
	strbuf_clear(&out);
}

static void same(void **state)
{
	static const struct {
		const char *before, *after;
		bool same;
	} cases[] = {
		{"a: 1\nb: 2\n", "a: 9 # x\nb:   2\n", true},	 {"a: 1\nb: 2\n", "a: 9\nb: 3\n", false},
		{"a: 1\nb: 2\n", "a: 9\n", false},		 {"a: 1\nb: 2\n", "a: 9\nb: 2\nc: 3\n", false},
		{"a: 1\nb: 2\n", "a: 9\nb: '2'\n", false},	 {"a: 1\nb: [1]\n", "a: 9\nb: {1: 1}\n", false},
		{"a: 1\nb: 2\n", "a: [9]\nb: 2\n", false},	 {"a: 1\nb: 2\n", "b: 2\na: 9\n", false},
		{"a: 1\nb: &x 2\n", "a: 9\nb: 2\n", false},	 {"a: 1\nb: 2\n", "a: 9\nb: !t 2\n", false},
		{"a: 1\nb: &x 2\nc: *x\n", "a: 9\nb: &x 2\nc: 2\n", false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct yaml_doc *before, *after;
		const struct yaml_node *free_node;

		assert_int_equal(yaml_parse(&b->arena, "before", cases[i].before, strlen(cases[i].before),
					    &b->diags, &before), 0);
		assert_int_equal(yaml_parse(&b->arena, "after", cases[i].after, strlen(cases[i].after), &b->diags,
					    &after), 0);
		free_node = yaml_get(before->root, "a");
		if (same_tree(before, after, &free_node, 1) != cases[i].same)
			fail_msg("case %zu: %s", i, cases[i].after);
	}
}

static const char *with(struct bench *b, const char *text, const char *key, const char *value)
{
	struct strbuf out = STRBUF_INIT;
	const char *result;

	env_set(text, key, value, &out);
	result = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

static void env_lines(void **state)
{
	static const char text[] = "# A=no\nexport A=1\r\n  B = 2\nAB=x\nA=\"last\"\nE=\nQ=''\nP=" ENV_PLACEHOLDER "\nZ=end";
	struct bench *b = *state;

	assert_string_equal(env_get(&b->arena, text, "A"), "\"last\"");
	assert_string_equal(env_get(&b->arena, text, "AB"), "x");
	assert_string_equal(env_get(&b->arena, text, "Z"), "end");
	assert_null(env_get(&b->arena, text, "C"));
	assert_null(env_get(&b->arena, "", "A"));
	assert_true(env_has(&b->arena, text, "A"));
	for (const char *const *key = (const char *const[]){"E", "Q", "P", "C", NULL}; *key; key++)
		assert_false(env_has(&b->arena, text, *key));
	assert_string_equal(with(b, "A=1 # x\r\nB=\r\nC=3", "B", "2"), "A=1 # x\r\nB=2\r\nC=3");
	assert_string_equal(with(b, "A=1", "B", "2"), "A=1\nB=2\n");
	assert_string_equal(with(b, "", "B", "2"), "B=2\n");
	assert_string_equal(with(b, "A=\nA=\n", "A", "2"), "A=\nA=2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(in_place), bench_test(block_list_with_comments), bench_test(nothing_to_do),
		bench_test(refused),  bench_test(kept), bench_test(same), bench_test(env_lines),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}

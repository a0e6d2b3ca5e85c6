/* SPDX-License-Identifier: MIT */
/* Edits of owned values in place, and lines of .env. */
#include "unit.h"

#include "compose/edit.h"
#include "compose/env.h"
#include "compose/same_tree.h"
#include "compose/variables.h"

static const struct owned_value owned[] = {
	{.file = "f",
	 .path = "s/limit",
	 .place = OWNED_SCALAR,
	 .size = SIZE_LIMIT,
	 .key = "k1",
	 .label = "the limit",
	 .wanted = "2048M",
	 .comment = "why it is so"},
	{.file = "f",
	 .path = "s",
	 .place = OWNED_WORKERS,
	 .word = "--num_workers",
	 .key = "k2",
	 .label = "the workers",
	 .wanted = "6",
	 .comment = "six"},
	{.file = "f",
	 .path = "s/command",
	 .place = OWNED_WORD,
	 .word = "max",
	 .missing = MISSING_MANUAL,
	 .key = "k3",
	 .label = "the maximum",
	 .wanted = "50",
	 .comment = "fifty"},
	{.file = "other",
	 .path = "x",
	 .place = OWNED_SCALAR,
	 .key = "k4",
	 .label = "not here",
	 .wanted = "1",
	 .comment = "no"},
};

static const char *rendered(struct bench *b, const char *text)
{
	struct edit_file f;
	struct yaml_doc *doc;

	if (yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc) < 0)
		return NULL;
	edit_find(&b->arena, doc, "f", owned, ARRAY_SIZE(owned), &f);
	assert_int_equal(f.count, 3);
	return edit_render(&b->arena, &f)->text;
}

static void in_place(void **state)
{
	assert_string_equal(rendered(*state,
				     "# gr\xc3\xbc\xc3\x9f\r\ns:\r\n  limit: \"1M\" # vpsfit: old words\r\n"
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
		"s: {limit: 1M, limit: 1M}\n",
		"s: [\n",
		"a\n---\nb\n",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const size_t before = diag_errors(&b->diags);

		if (rendered(b, bad[i]))
			fail_msg("'%s' was edited", bad[i]);
		assert_true(diag_errors(&b->diags) > before);
	}
}

/* What cannot be changed without side effects stays, with a reason. */
static void left_alone(void **state)
{
	static const struct {
		const char *text;
		size_t which;
		const char *current;
	} cases[] = {
		{"s: {limit: &a 1M, command: [--num_workers, 6, max=50]}\n", 0, "1M"},
		{"s: {limit: !!str 1M, command: [--num_workers, 6, max=50]}\n", 0, "1M"},
		{"s:\n  limit: |\n    1M\n  command: [--num_workers, 6, max=50]\n", 0, "1M\n"},
		{"s: {limit: 2048M, command: [--num_workers]}\n", 1, "something else"},
		{"s: {limit: 2048M, command: \"--num_workers 2 --num_workers 3 max=50\"}\n", 1, "something else"},
		{"x: &l 1M\ns: {limit: *l, command: [--num_workers, 6, max=50]}\n", 0, "1M"},
		{"x: &l {limit: 1M}\ns:\n  <<: *l\n  command: [--num_workers, 6, max=50]\n", 0, "1M"},
		{"x: &c [--num_workers, 2]\ns:\n  limit: 2048M\n  command: *c\n", 1, "2"},
		{"", 0, NULL},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct edit_file f;
		struct yaml_doc *doc;
		const struct yaml_doc *after;
		const struct edit *e;

		assert_int_equal(yaml_parse(&b->arena, "f", cases[i].text, strlen(cases[i].text), &b->diags, &doc), 0);
		edit_find(&b->arena, doc, "f", owned, ARRAY_SIZE(owned), &f);
		after = edit_render(&b->arena, &f);
		e = &f.edits[cases[i].which];
		assert_string_equal(after->text, cases[i].text);
		assert_int_equal(e->place.kind, PLACE_MANUAL);
		assert_non_null(e->place.why);
		if (cases[i].current)
			assert_string_equal(e->current, cases[i].current);
	}
}

static void put_in(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"s:\n  command: [max=50]\n", "s:\n  command: [max=50]\n  limit: \"2048M\" # vpsfit: why it is so\n"
					      "  environment:\n    NUM_WORKERS: \"6\" # vpsfit: six\n"},
		{"services:\r\n    a: 1\r\ns:\r\n    command: max=50 # mine\r\n\r\n# end\r\n",
		 "services:\r\n    a: 1\r\ns:\r\n    command: max=50 # mine\r\n    limit: \"2048M\" # vpsfit: why it is so\r\n"
		 "    environment:\r\n        NUM_WORKERS: \"6\" # vpsfit: six\r\n\r\n# end\r\n"},
		{"s: {command: [max=50], environment: [A=1]}",
		 "s: {command: [max=50], environment: [A=1, \"NUM_WORKERS=6\"], limit: \"2048M\"}"},
		{"s:\n  command: max=50\n  limit: 2g\n  environment:\n  - A=1\nt: 1\n",
		 "s:\n  command: max=50\n  limit: 2g\n  environment:\n  - A=1\n  - \"NUM_WORKERS=6\" # vpsfit: six\nt: 1\n"},
		{"s:\n  command: max=50\n  limit: 2g\n  environment:\nt: 1\n",
		 "s:\n  command: max=50\n  limit: 2g\n  environment:\n    NUM_WORKERS: \"6\" # vpsfit: six\nt: 1\n"},
		/* Null is replaced, its comment stays. */
		{"s:\n  command: max=50\n  limit: 2g\n  environment: ~ # later\nt: 1\n",
		 "s:\n  command: max=50\n  limit: 2g\n  environment: # later\n    NUM_WORKERS: \"6\" # vpsfit: six\nt: 1\n"},
		{"s: {command: max=50, limit: null, environment: }",
		 "s: {command: max=50, limit: \"2048M\", environment: {NUM_WORKERS: \"6\"}}"},
		{"s: {command: max=50, environment, limit: 2g,}",
		 "s: {command: max=50, environment: {NUM_WORKERS: \"6\"}, limit: 2g,}"},
		{"s:\n  command: max=50\n  limit:\n  environment: {A: 1, # one,\n  }\n",
		 "s:\n  command: max=50\n  limit: \"2048M\"\n  environment: {A: 1, NUM_WORKERS: \"6\", # one,\n  }\n"},
		{"s: {command: max=50, limit: 2g, environment: {A: , }}",
		 "s: {command: max=50, limit: 2g, environment: {A: , NUM_WORKERS: \"6\", }}"},
		{"s:\r  command: max=50\r  limit: 2g\r", "s:\r  command: max=50\r  limit: 2g\r  environment:\r"
							 "    NUM_WORKERS: \"6\" # vpsfit: six\r"},
		/* A block scalar that would swallow a line end. */
		{"s:\n  limit: 2g\n  # why\n  command: |\n    max=50", "s:\n  limit: 2g\n  environment:\n"
								       "    NUM_WORKERS: \"6\" # vpsfit: six\n"
								       "  # why\n  command: |\n    max=50"},
		{"s:\n  limit: 2g\n  command: max=50\n  environment:\n    - A=1\n    - |+\n      B=2\n\n",
		 "s:\n  limit: 2g\n  command: max=50\n  environment:\n    - A=1\n    - \"NUM_WORKERS=6\" # vpsfit: six\n"
		 "    - |+\n      B=2\n\n"},
		/* Names that only look similar. */
		{"s: {limit: 2g, command: max=50, environment: [\"NUM_WORKERS = 3\", NUM_WORKERS_2=4]}",
		 "s: {limit: 2g, command: max=50, environment: [\"NUM_WORKERS = 3\", NUM_WORKERS_2=4, \"NUM_WORKERS=6\"]}"},
		/* A variable used more than once: the number is written in place. */
		{"s: {limit: \"${M:-1g}\", command: \"--num_workers ${W} x$W max=50\"}\nt: [\"${M}m\"]\n",
		 "s: {limit: \"2048M\", command: \"--num_workers 6 x$W max=50\"}\nt: [\"${M}m\"]\n"},
		{"s:\n  limit: 2g\n  command: [max=50]\n  environment:\n  - 'NUM_WORKERS' # so many\n  - A=1\nt: ${NUM_WORKERS}\n",
		 "s:\n  limit: 2g\n  command: [max=50]\n  environment:\n  - 'NUM_WORKERS=6' # so many\n  - A=1\nt: ${NUM_WORKERS}\n"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *after = rendered(b, cases[i].before);

		assert_string_equal(after, cases[i].after);
		assert_string_equal(rendered(b, after), after);
	}
}

static struct yaml_doc *parsed(struct bench *b, const char *text)
{
	struct yaml_doc *doc;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	return doc;
}

/* A service is never created, lost, or left without an image or build; nothing appears beside the services. */
static void services(void **state)
{
	static const struct {
		const char *before, *after;
		bool same;
	} cases[] = {
		{"services: {a: {image: x}}", "services: {a: {image: x, mem_limit: 1g}}", true},
		{"services: {a: {image: x}}", "services: {a: {image: x}, b: {mem_limit: 1g}}", false},
		{"services: {a: {image: x}, b: {build: .}}", "services: {a: {image: x}}", false},
		{"services: {a: {image: x}}", "services: {a: {mem_limit: 1g}}", false},
		{"services: {a: {image: x}}", "services: {b: {image: x}}", false},
		{"services: {a: {image: x}}", "services: {a: {image: x}}\nnetworks: {}", false},
		{"services: {a: {mem_limit: 1g}}", "services: {a: {mem_limit: 2g}}", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (same_services(parsed(*state, cases[i].before), parsed(*state, cases[i].after)) != cases[i].same)
			fail_msg("case %zu: %s", i, cases[i].after);
}

static void variables(void **state)
{
	static const struct {
		const char *text;
		size_t uses;
	} cases[] = {
		{"a: ${M}", 1},
		{"a: $M", 1},
		{"a: $$M", 0},
		{"a: ${MEM}", 0},
		{"a: $M_2", 0},
		{"a: x${M:-1}y$M", 2},
		{"a: ${A:-${M:-2}}", 1},
		{"[M, MM]", 1},
		{"M:\n", 1},
		{"M: ~", 1},
		{"M: 1", 0},
		{"${M}: x", 1},
		{"a: $${M} $$$M", 1},
		{"", 0},
	};
	struct bench *b = *state;
	struct yaml_doc *doc;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (variable_uses(parsed(b, cases[i].text), "M") != cases[i].uses)
			fail_msg("case %zu: %s", i, cases[i].text);
	assert_true(variable_in_env("A=1\nT=${M}x\n", "M") && variable_in_env("T=$M", "M") &&
		    variable_in_env("  M \n", "M"));
	assert_false(variable_in_env("M=1\n# ${M}\nT=${MM}\nMM\n", "M") || variable_in_env("", "M"));
	assert_true(variable_in_text("a: [M]\n", "M") && variable_in_text("a: b # M\n", "M"));
	assert_false(variable_in_text("# M\n  # M\na: MM\nb: _M\n", "M"));
	doc = parsed(b, "a: {env_file: .env}\nb: {env_file: [./x.env, {path: .env}]}\nc: &c {env_file: y.env}\n");
	assert_int_equal(variable_file_uses(doc, ".env"), 2);
	assert_int_equal(variable_file_uses(doc, "x.env"), 1);
	assert_int_equal(variable_file_uses(doc, "y.env"), 2);
	assert_int_equal(variable_file_uses(doc, "z.env"), 0);
}

/* Suggested lines follow the style of the file. */
static void by_hand(void **state)
{
	static const struct {
		const char *text;
		size_t which;
		const char *lines;
	} cases[] = {
		{"x: &e {A: 1}\ns:\n  environment: *e\n", 1,
		 "s:\n  environment: # instead of *e; \"<<: *e\" keeps what it brings\n    NUM_WORKERS: \"6\""},
		{"x: &e [A=1]\ns:\n  environment: *e\n", 1,
		 "s:\n  environment: # instead of *e; with what it lists\n    - \"NUM_WORKERS=6\""},
		{"s:\n  environment:\n    - NUM_WORKERS=many\n", 1, "s:\n  environment:\n    - \"NUM_WORKERS=6\""},
		{"x: &s {A: 1}\ns: *s\n", 1,
		 "s: # instead of *s; \"<<: *s\" keeps what it brings\n  environment:\n    NUM_WORKERS: \"6\""},
		{"s:\n  command: --num_workers $(nproc)\n", 1, "s:\n  command: [..., --num_workers, \"6\"]"},
		{"s:\n  limit: ${G}g\n", 0, "s:\n  limit: \"2048M\""},
		{"s: {limit: &a 1g}\nt: *a\n", 0, "s:\n  limit: \"2048M\""},
		{"s: !reset {limit: 1g}\n", 0, "s:\n  limit: \"2048M\""},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct yaml_doc *doc = parsed(b, cases[i].text);
		struct edit_file f;

		edit_find(&b->arena, doc, "f", owned, ARRAY_SIZE(owned), &f);
		assert_int_equal(f.edits[cases[i].which].place.kind, PLACE_MANUAL);
		assert_string_equal(edit_by_hand(&b->arena, doc, &f.edits[cases[i].which],
						 yaml_path(doc->root, f.edits[cases[i].which].place.path)),
				    cases[i].lines);
	}
}

static void kept(void **state)
{
	static const char text[] = "s: {limit: 7M, command: [--num_workers, 2, max=30]}\n";
	struct bench *b = *state;
	struct edit_file f;
	struct yaml_doc *doc;

	assert_int_equal(yaml_parse(&b->arena, "f", text, strlen(text), &b->diags, &doc), 0);
	edit_find(&b->arena, doc, "f", owned, ARRAY_SIZE(owned), &f);
	assert_string_equal(f.edits[0].current, "7M");
	assert_string_equal(f.edits[1].current, "2");
	assert_string_equal(f.edits[2].current, "30");
	f.edits[0].keep = true;
	assert_string_equal(edit_render(&b->arena, &f)->text, "s: {limit: 7M, command: [--num_workers, 6, max=50]}\n");
}

static void same(void **state)
{
	static const struct {
		const char *before, *after;
		bool same;
	} cases[] = {
		{"a: 1\nb: 2\n", "a: 9 # x\nb:   2\n", true},
		{"a: 1\nb: 2\n", "a: 8\nb: 2\n", false},
		{"a: 1\nb: 2\n", "a: 9\nnew: {x: 1}\nb: 2\n", true},
		{"a: 1\nb: 2\n", "a: 9\nb: 3\n", false},
		{"a: 1\nb: 2\n", "a: 9\n", false},
		{"a: 1\nb: 2\n", "a: 9\nb: 2\nc: 3\n", false},
		{"a: 1\nb: 2\n", "a: 9\nb: '2'\n", false},
		{"a: 1\nb: [1]\n", "a: 9\nb: {1: 1}\n", false},
		{"a: 1\nb: 2\n", "a: [9]\nb: 2\n", false},
		{"a: 1\nb: 2\n", "b: 2\na: 9\n", false},
		{"a: 1\nb: &x 2\n", "a: 9\nb: 2\n", false},
		{"a: 1\nb: 2\n", "a: 9\nb: !t 2\n", false},
		{"a: 1\nb: &x 2\nc: *x\n", "a: 9\nb: &x 2\nc: 2\n", false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct yaml_doc *before, *after;
		struct tree_change change = {NULL, "9", false};
		const struct yaml_node *added;

		assert_int_equal(
			yaml_parse(&b->arena, "before", cases[i].before, strlen(cases[i].before), &b->diags, &before),
			0);
		assert_int_equal(
			yaml_parse(&b->arena, "after", cases[i].after, strlen(cases[i].after), &b->diags, &after), 0);
		change.node = yaml_get(before->root, "a");
		added = yaml_get(after->root, "new");
		if (same_tree(before, after, &change, 1, &added, added ? 1 : 0) != cases[i].same)
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
	static const char text[] =
		"# A=no\nexport A=1\r\n  B = 2\nAB=x\nA=\"last\"\nE=\nQ=''\nP=" ENV_PLACEHOLDER "\nZ=end";
	struct bench *b = *state;

	assert_string_equal(env_get(&b->arena, text, "A"), "last");
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
	assert_string_equal(with(b, "A= \"1\" # one\r\nB=3\r\n", "A", "2"), "A= \"2\" # one\r\nB=3\r\n");
	assert_string_equal(with(b, "A='1'\nB=3", "A", "2"), "A='2'\nB=3");
	assert_string_equal(with(b, "A=1  # one\n", "A", "2"), "A=2  # one\n");
	assert_string_equal(with(b, "B=1\r\n", "A", "2"), "B=1\r\nA=2\r\n");
	assert_string_equal(env_get(&b->arena, "A=a#b # c\n", "A"), "a#b");
	assert_string_equal(env_get(&b->arena, "A=\"a\\\" # b\" # c\n", "A"), "a\" # b");
}

/* Lines of kept.env. */
static void env_lines_alone(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "A = 'x y' # c\nexport B=\"1\\n2\"\nC: z\nD=${A}!\nE\nF=\nA1=1\nA1=2\n";
	struct bench *b = *state;
	const struct env_pair pair = env_pair_read(&b->arena, text);
	size_t n;

	env_pair_keys(&b->arena, &pair, &n);
	assert_int_equal(n, 6);
	assert_string_equal(env_line(&b->arena, text, "A"), "A='x y'\n");
	assert_string_equal(env_line(&b->arena, text, "B"), "B=\"1\\n2\"\n");
	assert_string_equal(env_line(&b->arena, text, "C"), "C=z\n");
	assert_string_equal(env_line(&b->arena, text, "D"), "D=x y!\n");
	assert_null(env_line(&b->arena, text, "E"));
	assert_null(env_line(&b->arena, text, "F"));
	assert_string_equal(env_line(&b->arena, text, "A1"), "A1=2\n");
	assert_true(env_has(&b->arena, text, "E") && env_pair_from_outside(&b->arena, &pair, "E"));
}

/* Files that make a naive reader run out of time or memory. */
static void env_bombs(void **state)
{
	struct bench *b = *state;
	struct strbuf text = STRBUF_INIT;
	char *value;

	strbuf_puts(&text, "A0=xxxxxxxxxxxxxxxx\n");
	for (int i = 1; i < 60; i++)
		strbuf_printf(&text, "A%d=${A%d}${A%d}$A%d\n", i, i - 1, i - 1, i - 1);
	value = env_get(&b->arena, strbuf_text(&text), "A59");
	assert_non_null(value);
	assert_true(env_has(&b->arena, strbuf_text(&text), "A59"));
	strbuf_clear(&text);
	strbuf_puts(&text, "A=");
	for (int i = 0; i < 300000; i++)
		strbuf_puts(&text, "${A");
	strbuf_puts(&text, "}\nB=1\n");
	assert_string_equal(env_get(&b->arena, strbuf_text(&text), "B"), "1");
	assert_non_null(env_get(&b->arena, strbuf_text(&text), "A"));
	strbuf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(in_place),
		bench_test(block_list_with_comments),
		bench_test(nothing_to_do),
		bench_test(refused),
		bench_test(left_alone),
		bench_test(put_in),
		bench_test(services),
		bench_test(variables),
		bench_test(by_hand),
		bench_test(kept),
		bench_test(same),
		bench_test(env_lines),
		bench_test(env_lines_alone),
		bench_test(env_bombs),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}

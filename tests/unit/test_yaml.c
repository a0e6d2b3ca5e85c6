/* SPDX-License-Identifier: MIT */
/* YAML text as a tree with byte ranges, and the messages for invalid text. */
#include "unit.h"

#include <dirent.h>

#include "yaml/splice.h"
#include "yaml/tree.h"

static struct yaml_doc *parsed_n(struct bench *b, const char *text, size_t len)
{
	struct yaml_doc *doc = NULL;

	if (yaml_parse(&b->arena, "test.yaml", text, len, &b->diags, &doc) < 0) {
		struct strbuf out = STRBUF_INIT;

		diag_render(&b->diags.items[0], &out);
		fail_msg("%s", strbuf_text(&out));
	}
	return doc;
}

static struct yaml_doc *parsed(struct bench *b, const char *text)
{
	return parsed_n(b, text, strlen(text));
}

/* Checks the bytes in the source that a node covers. */
static void stands_for(const struct yaml_doc *doc, const char *path, const char *bytes)
{
	const struct yaml_node *n = yaml_path(doc->root, path);

	if (!n)
		fail_msg("%s is not there", path);
	if (n->end - n->start != strlen(bytes) || memcmp(doc->text + n->start, bytes, strlen(bytes)) != 0)
		fail_msg("%s stands for '%.*s', not '%s'", path, (int)(n->end - n->start), doc->text + n->start, bytes);
}

static void byte_ranges(void **state)
{
	struct yaml_doc *doc = parsed(*state, "\xef\xbb\xbf# gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80\r\n"
					      "\xc3\xa4: 'single ''quoted'''\r\n"
					      "b: \"double \\u00e4\"   # behind\r\n"
					      "c:\r\n"
					      "    d: plain text  # behind\r\n"
					      "    e: [1,  \"two\" , {f: 3}]\r\n"
					      "g: \xc3\xb6\r\n");

	stands_for(doc, "\xc3\xa4", "'single ''quoted'''");
	stands_for(doc, "b", "\"double \\u00e4\"");
	stands_for(doc, "c/d", "plain text");
	stands_for(doc, "c/e", "[1,  \"two\" , {f: 3}]");
	stands_for(doc, "g", "\xc3\xb6");
	assert_string_equal(yaml_path(doc->root, "\xc3\xa4")->value, "single 'quoted'");
	assert_string_equal(yaml_path(doc->root, "b")->value, "double \xc3\xa4");
	assert_int_equal(yaml_path(doc->root, "c/d")->line, 5);
	assert_int_equal(yaml_path(doc->root, "c/d")->col, 8);
}

/* Blocks end before comments and blank lines that follow. */
static void block_ends(void **state)
{
	struct yaml_doc *doc = parsed(*state, "a:\n  b: 1\n\n# a remark\nc:\n- x\n- y\n\n\nd: |\n  text\n");

	stands_for(doc, "a/b", "1");
	assert_true(yaml_path(doc->root, "c")->count == 2);
	assert_string_equal(yaml_path(doc->root, "d")->value, "text\n");
	assert_int_equal(yaml_path(doc->root, "d")->style, YAML_LITERAL);
}

static void anchors(void **state)
{
	struct yaml_doc *doc = parsed(*state, "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n");
	const struct yaml_node *b = yaml_path(doc->root, "b");

	assert_string_equal(yaml_anchor(yaml_path(doc->root, "a")), "x");
	assert_int_equal(b->kind, YAML_ALIAS);
	assert_ptr_equal(b->target, yaml_path(doc->root, "a"));
	assert_null(yaml_path(doc->root, "c/k"));
	assert_null(yaml_path(doc->root, "a/k/deeper"));
}

static void empty(void **state)
{
	struct bench *b = *state;

	assert_null(parsed(b, "")->root);
	assert_null(parsed(b, "# only a remark\n\n")->root);
	assert_null(parsed(b, "\xef\xbb\xbf")->root);
	assert_null(yaml_get(NULL, "x"));
}

static void plain(void **state)
{
	static const char *const safe[] = {"a", "MEDIUM_VPS", "/swapfile" + 1, "x-1.2/y"};
	static const char *const unsafe[] = {"",     "y",    "No",    "TRUE", "null", "~",  "1",    "1.5",
					     "0x1f", "1:30", ".inf",  "-",    "- a",  "a:", "a: b", "a #b",
					     " a",   "a ",   "{a}",   "[a]",  "&a",   "*a", "!a",   "%a",
					     "@a",   "`a",   "\"a\"", "'a'",  "a\nb", "|",  ">",    "?"};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(safe); i++)
		assert_true(yaml_plain_safe(safe[i]));
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		if (yaml_plain_safe(unsafe[i]))
			fail_msg("'%s' is not safe", unsafe[i]);
}

static void limits(void **state)
{
	struct bench *b = *state;
	size_t len = YAML_MAX_BYTES + 1;
	char *big = malloc(len);
	struct yaml_doc *doc = NULL;

	memset(big, '#', len);
	assert_true(yaml_parse(&b->arena, "big", big, len, &b->diags, &doc) < 0);
	memset(big, ',', len);
	for (size_t i = 1; i < 2 * (YAML_MAX_NODES + 10); i += 2)
		big[i] = 'x';
	big[0] = '[';
	big[2 * (YAML_MAX_NODES + 10)] = ']';
	assert_true(yaml_parse(&b->arena, "wide", big, 2 * (YAML_MAX_NODES + 10) + 1, &b->diags, &doc) < 0);
	assert_int_equal(diag_errors(&b->diags), 2);
	free(big);
}

/* Compares the message for a bad file with NAME.err; UPDATE=1 writes NAME.err, to be reviewed. */
static void check_message(const char *dir, const char *name)
{
	struct bench *b;
	struct strbuf out = STRBUF_INIT;
	struct yaml_doc *doc = NULL;
	size_t len = 0, wanted_len = 0;
	char path[512], err[520];
	char *text, *wanted;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(err, sizeof(err), "%.*s.err", (int)strlen(path) - 5, path);
	text = file_text(path, &len);
	assert_int_equal(bench_setup((void **)&b), 0);
	if (yaml_parse(&b->arena, name, text, len, &b->diags, &doc) == 0)
		fail_msg("%s was taken", name);
	for (size_t i = 0; i < b->diags.count; i++)
		diag_render(&b->diags.items[i], &out);
	if (getenv("UPDATE")) {
		FILE *f = fopen(err, "we");

		fputs(strbuf_text(&out), f);
		fclose(f);
	}
	wanted = file_text(err, &wanted_len);
	if (!wanted)
		fail_msg("%s is missing", err);
	assert_string_equal(strbuf_text(&out), wanted);
	strbuf_clear(&out);
	bench_teardown((void **)&b);
	free(wanted);
	free(text);
}

static void refused(void **state)
{
	char dir[400];
	struct dirent *e;
	size_t count = 0;
	DIR *d;
	(void)state;

	snprintf(dir, sizeof(dir), "%s/yaml/bad", tests_dir());
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, ".yaml")) {
			check_message(dir, e->d_name);
			count++;
		}
	closedir(d);
	assert_true(count >= 25);
}

/* Truncated input never crashes the reader or makes it read out of bounds. */
static void every_cut(void **state)
{
	size_t len = 0;
	char *text = file_text("templates/compose.yaml", &len);
	(void)state;

	assert_non_null(text);
	for (size_t cut = 0; cut < len; cut += 7) {
		struct bench *b;
		struct yaml_doc *doc = NULL;
		char *exact = malloc(cut + 1);

		memcpy(exact, text, cut);
		bench_setup((void **)&b);
		if (yaml_parse(&b->arena, "cut", exact, cut, &b->diags, &doc) < 0)
			assert_true(diag_errors(&b->diags) > 0);
		bench_teardown((void **)&b);
		free(exact);
	}
	free(text);
}

static void splices(void **state)
{
	struct strbuf out = STRBUF_INIT;
	const struct splice good[] = {{4, 6, "XYZ"}, {0, 1, ""}, {2, 2, "+"}, {10, 10, "!"}};
	const struct splice overlap[] = {{1, 4, "a"}, {3, 5, "b"}};
	const struct splice outside[] = {{9, 11, "a"}};
	const struct splice backward[] = {{5, 4, "a"}};
	(void)state;

	assert_int_equal(splice_apply("0123456789", 10, good, 4, &out), 0);
	assert_string_equal(strbuf_text(&out), "1+23XYZ6789!");
	strbuf_clear(&out);
	assert_true(splice_apply("0123456789", 10, overlap, 2, &out) < 0);
	assert_true(splice_apply("0123456789", 10, outside, 1, &out) < 0);
	assert_true(splice_apply("0123456789", 10, backward, 1, &out) < 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(splice_apply("same", 4, NULL, 0, &out), 0);
	assert_string_equal(strbuf_text(&out), "same");
	strbuf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(byte_ranges),   bench_test(block_ends),	bench_test(anchors),
		bench_test(empty),	   cmocka_unit_test(plain),	bench_test(limits),
		cmocka_unit_test(refused), cmocka_unit_test(every_cut), cmocka_unit_test(splices),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}

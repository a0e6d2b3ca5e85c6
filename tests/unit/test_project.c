/* SPDX-License-Identifier: MIT */
/* Projects of several compose files, from texts in memory. */
#include <errno.h>
#include <string.h>

#include "compose/interpolate.h"
#include "compose/project.h"
#include "unit.h"

struct memory {
	const char *const (*files)[2];
	size_t count;
};

static int read_file(void *context, const char *path, const char **ret, size_t *ret_len)
{
	const struct memory *m = context;

	for (size_t i = 0; i < m->count; i++) {
		if (!STR_EQ(m->files[i][0], path))
			continue;
		*ret = m->files[i][1];
		*ret_len = strlen(m->files[i][1]);
		return 0;
	}
	return -ENOENT;
}

static int load(struct arena *a, const char *const (*files)[2], size_t count, const char *file, struct project **ret)
{
	struct memory *m = arena_alloc(a, sizeof(*m));
	struct project_request req = {.read = read_file, .context = m, .dir = "/p", .file = file};
	struct diag_list diags;
	int rc;

	*m = (struct memory){files, count};
	diag_init(&diags, a);
	rc = project_load(a, &req, &diags, ret);
	assert_true(rc == 0 || diag_errors(&diags) > 0);
	diag_clear(&diags);
	return rc;
}

static const char *variable(void *context, const char *name)
{
	(void)context;
	return STR_EQ(name, "SET") ? "yes" : STR_EQ(name, "EMPTY") ? "" : NULL;
}

static void variables_are_filled_in(void **state)
{
	static const char *const cases[][2] = {
		{"plain", "plain"},
		{"$SET", "yes"},
		{"${SET}x", "yesx"},
		{"$SETx", ""},
		{"${UNSET:-d}", "d"},
		{"${EMPTY:-d}", "d"},
		{"${EMPTY-d}", ""},
		{"${UNSET-d}", "d"},
		{"${SET:+in}", "in"},
		{"${EMPTY:+in}", ""},
		{"${EMPTY+in}", "in"},
		{"${UNSET:?no}", ""},
		{"$$SET", "$SET"},
		{"$$$SET", "$yes"},
		{"${A:-${SET}}", "yes"},
		{"${A:-${B:-c}}d", "cd"},
		{"${", "${"},
		{"$", "$"},
		{"${SET", "${SET"},
		{"$(nproc)", "$(nproc)"},
		{"${1A}", "${1A}"},
		{"${SET!x}", "${SET!x}"},
		{"${A:-}", ""},
		{"a$EMPTY", "a"},
	};
	struct arena a = ARENA_INIT;
	const struct variables v = {variable, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(interpolate(&a, &v, cases[i][0]), cases[i][1]);
	arena_clear(&a);
}

static void values_have_their_place(void **state)
{
	static const char *const files[][2] = {
		{"/p/.env", "COMPOSE_FILE=compose.yaml:../q/over.yaml\nMEM=1g\n"},
		{"/p/compose.yaml",
		 "x-m: &m {mem_reservation: 1m}\nservices:\n  a:\n    <<: *m\n    image: i\n    mem_limit: 2g\n"},
		{"/q/over.yaml", "services:\n  a:\n    mem_limit: \"${MEM}\"\n    environment: [N=6]\n"},
	};
	struct arena a = ARENA_INIT;
	struct project_value v;
	struct project *p;

	(void)state;
	assert_int_equal(load(&a, files, ARRAY_SIZE(files), NULL, &p), 0);
	assert_int_equal(p->file_count, 2);
	assert_null(p->files[1].name);
	assert_true(project_service_value(&a, p, "a", "mem_limit", &v));
	assert_string_equal(v.text, "1g");
	assert_string_equal(v.file->path, "/q/over.yaml");
	assert_memory_equal(v.file->doc->text + v.start, "\"${MEM}\"", v.end - v.start);
	assert_true(v.direct);
	assert_true(project_service_value(&a, p, "a", "environment/N", &v));
	assert_string_equal(v.text, "6");
	assert_memory_equal(v.file->doc->text + v.start, "N=6", v.end - v.start);
	assert_true(project_service_value(&a, p, "a", "mem_reservation", &v));
	assert_false(v.direct);
	assert_false(project_service_value(&a, p, "a", "memswap_limit", &v));
	assert_false(project_service_value(&a, p, "b", "image", &v));
	arena_clear(&a);
}

static void a_reset_leaves_no_room(void **state)
{
	static const char *const files[][2] = {
		{"/p/compose.yaml", "services:\n  a:\n    image: i\n"},
		{"/p/compose.override.yaml",
		 "services:\n  a:\n    deploy: !reset null\n    labels: !override {x: y}\n"},
	};
	struct arena a = ARENA_INIT;
	struct project *p;

	(void)state;
	assert_int_equal(load(&a, files, ARRAY_SIZE(files), NULL, &p), 0);
	assert_null(project_room(&a, p, "a", "deploy/resources/limits/memory", p->files));
	assert_ptr_equal(project_room(&a, p, "a", "labels/q", p->files), &p->files[1]);
	assert_ptr_equal(project_room(&a, p, "a", "mem_limit", p->files), p->files);
	assert_true(project_marked(&a, p, "a", "deploy/resources") && !project_marked(&a, p, "a", "mem_limit"));
	arena_clear(&a);
}

static void no_file_is_no_project(void **state)
{
	struct arena a = ARENA_INIT;
	struct project *p;

	(void)state;
	assert_int_equal(load(&a, NULL, 0, NULL, &p), 0);
	assert_int_equal(p->source, PROJECT_NONE);
	assert_int_equal(load(&a, NULL, 0, "compose.yaml", &p), -ENOENT);
	arena_clear(&a);
}

/* Both files have lists and mappings of 20,000 entries: merging must not be quadratic. */
static void long_lists_are_merged_at_once(void **state)
{
	struct arena a = ARENA_INIT;
	struct strbuf text = STRBUF_INIT;
	const char *files[2][2] = {{"/p/compose.yaml", NULL}, {"/p/compose.override.yaml", NULL}};
	struct project *p;
	struct project_value v;

	(void)state;
	strbuf_puts(&text, "services:\n  a:\n    image: i\n    environment:\n");
	for (int i = 0; i < 20000; i++)
		strbuf_printf(&text, "    - V%d=1\n", i);
	strbuf_puts(&text, "    expose:\n");
	for (int i = 0; i < 20000; i++)
		strbuf_printf(&text, "    - \"%d\"\n", i);
	files[0][1] = files[1][1] = strbuf_text(&text);
	assert_int_equal(load(&a, (const char *const(*)[2])files, 2, NULL, &p), 0);
	assert_true(project_service_value(&a, p, "a", "expose", &v));
	assert_int_equal(v.node->count, 20000);
	strbuf_clear(&text);
	arena_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_filled_in),	 cmocka_unit_test(values_have_their_place),
		cmocka_unit_test(a_reset_leaves_no_room),	 cmocka_unit_test(no_file_is_no_project),
		cmocka_unit_test(long_lists_are_merged_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

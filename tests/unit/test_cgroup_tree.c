/* SPDX-License-Identifier: MIT */
/* Paths of control groups: which container one belongs to, and what lies below what. */
#include "unit.h"

#include "detect/cgroup_tree.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define ID A16 A16 A16 A16
#define OTHER "bbbbbbbbbbbbbbbb" A16 A16 A16

static void path_to_a_container(void **state)
{
	static const struct {
		const char *path, *to;
	} cases[] = {
		{"/docker/" ID, "/docker/" ID},
		{"/system.slice/docker-" ID ".scope", "/system.slice/docker-" ID ".scope"},
		{"/system.slice/docker-" ID ".scope/init.scope", "/system.slice/docker-" ID ".scope"},
		{"/docker/" OTHER, NULL},
		{"/", NULL},
		{"", NULL},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *to = cgroup_path_to(&b->arena, cases[i].path, ID);

		if (cases[i].to)
			assert_string_equal(to, cases[i].to);
		else
			assert_null(to);
	}
}

static void containers_of_any_engine(void **state)
{
	(void)state;

	assert_true(cgroup_path_has_container("/docker/" ID));
	assert_true(cgroup_path_has_container("/machine.slice/libpod-" ID ".scope/container"));
	assert_false(cgroup_path_has_container("/system.slice/docker.service"));
	assert_false(cgroup_path_has_container("/docker/a" ID)); /* 65 digits */
	assert_false(cgroup_path_has_container("/docker/" A16 A16 A16));
	assert_false(cgroup_path_has_container(""));
}

static void finds_in_an_index(void **state)
{
	const char *dirs[] = {"/g/docker-" OTHER ".scope", "/g/docker-" ID ".scope.d", "/g/" ID "/x-" OTHER "a",
			      "/g/docker-" ID ".scope", "/g/" ID};
	struct cgroup_index index = {dirs, ARRAY_SIZE(dirs), true};
	(void)state;

	assert_ptr_equal(cgroup_index_find(&index, OTHER), dirs[0]);
	assert_ptr_equal(cgroup_index_find(&index, ID), dirs[3]);
	index.count = 3;
	assert_null(cgroup_index_find(&index, ID));
}

static void below(void **state)
{
	(void)state;

	assert_true(cgroup_lies_below("/g/a", "/g/a"));
	assert_true(cgroup_lies_below("/g/a/b", "/g/a"));
	assert_false(cgroup_lies_below("/g/ab", "/g/a"));
	assert_false(cgroup_lies_below("/g", "/g/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(path_to_a_container, bench_setup, bench_teardown),
		cmocka_unit_test(containers_of_any_engine),
		cmocka_unit_test(finds_in_an_index),
		cmocka_unit_test(below),
	};

	return cmocka_run_group_tests_name("cgroup_tree", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The reader confined to a root, and the formats of /proc. */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detect/probe.h"

struct tree {
	struct bench *bench;
	struct sysroot root;
	char dir[64];
};

static char *at(const struct tree *t, const char *path)
{
	return arena_printf(&t->bench->arena, "%s/%s", t->dir, path);
}

static void put(const struct tree *t, const char *path, const char *text)
{
	FILE *f = fopen(at(t, path), "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A root with a secret beside it, and all kinds of links that try to reach it. */
static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	bench_setup((void **)&t->bench);
	snprintf(t->dir, sizeof(t->dir), "/tmp/vpsfit-test-XXXXXX");
	if (!mkdtemp(t->dir) || mkdir(at(t, "root"), 0755) < 0 || mkdir(at(t, "root/etc"), 0755) < 0 ||
	    mkdir(at(t, "root/proc"), 0755) < 0 || sysroot_open(&t->root, at(t, "root")) < 0)
		return -1;
	put(t, "secret", "outside");
	put(t, "root/secret", "inside");
	put(t, "root/etc/line", "  first  \nsecond\n");
	put(t, "root/etc/empty", "");
	*state = t;
	return symlink("/secret", at(t, "root/etc/absolute")) | symlink("../../../secret", at(t, "root/etc/relative")) |
	       symlink("loop2", at(t, "root/etc/loop1")) | symlink("loop1", at(t, "root/etc/loop2")) |
	       symlink("/etc", at(t, "root/etc/dir")) | symlink("nowhere", at(t, "root/etc/dangling")) |
	       mkfifo(at(t, "root/etc/fifo"), 0600);
}

static int teardown(void **state)
{
	static const char *const names[] = {"etc/absolute", "etc/relative", "etc/loop1", "etc/loop2", "etc/dir",
					    "etc/dangling", "etc/fifo",	    "etc/line",	 "etc/empty", "secret",
					    "etc/big",	    "etc",	    "proc",	 ""};
	struct tree *t = *state;

	sysroot_close(&t->root);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove(at(t, arena_printf(&t->bench->arena, "root/%s", names[i])));
	remove(at(t, "secret"));
	remove(t->dir);
	bench_teardown((void **)&t->bench);
	free(t);
	return 0;
}

static const char *content(struct tree *t, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	int r = sysroot_read(&t->root, &t->bench->arena, path, 0, &text, &len);

	return r < 0 ? strerror(-r) : text;
}

static void never_escapes(void **state)
{
	struct tree *t = *state;

	assert_false(sysroot_is_live(&t->root));
	for (const char *const *p =
		     (const char *const[]){"/secret", "/etc/absolute", "/etc/relative", "/../../secret",
					   "/etc/../../secret", "/etc/dir/dir/../secret", "//etc/./absolute", NULL};
	     *p; p++)
		assert_string_equal(content(t, *p), "inside");
}

static void what_cannot_be_read(void **state)
{
	struct tree *t = *state;
	char *text = NULL;
	size_t len = 0;

	assert_string_equal(content(t, "/etc/loop1"), strerror(ELOOP));
	assert_string_equal(content(t, "/etc/nothing"), strerror(ENOENT));
	assert_string_equal(content(t, "/etc/dangling"), strerror(ENOENT));
	assert_true(sysroot_read(&t->root, &t->bench->arena, "/etc/fifo", 0, &text, &len) < 0);
	assert_true(sysroot_read(&t->root, &t->bench->arena, "/etc", 0, &text, &len) < 0);
	assert_int_equal(sysroot_read(&t->root, &t->bench->arena, "/etc/line", 5, &text, &len), -EFBIG);
	assert_null(sysroot_resolve(&t->root, &t->bench->arena, "/etc/loop2/x"));
	assert_false(sysroot_exists(&t->root, "/etc/dangling"));
	put(t, "root/etc/big", "");
	assert_int_equal(truncate(at(t, "root/etc/big"), 1LL << 40), 0);
	assert_int_equal(sysroot_read(&t->root, &t->bench->arena, "/etc/big", 0, &text, &len), -EFBIG);
}

static void reads(void **state)
{
	struct tree *t = *state;
	char **names = NULL;
	struct stat st;

	assert_string_equal(sysroot_read_line(&t->root, &t->bench->arena, "/etc/line"), "first");
	assert_null(sysroot_read_line(&t->root, &t->bench->arena, "/etc/empty"));
	assert_string_equal(content(t, "/etc/empty"), "");
	assert_string_equal(sysroot_readlink(&t->root, &t->bench->arena, "/etc/loop1"), "loop2");
	assert_null(sysroot_readlink(&t->root, &t->bench->arena, "/etc/line"));
	assert_int_equal(sysroot_stat(&t->root, "/etc/dir", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(sysroot_list(&t->root, &t->bench->arena, "/etc/dir", &names), 9);
	assert_string_equal(names[0], "absolute");
	assert_string_equal(names[8], "relative");
	assert_true(sysroot_list(&t->root, &t->bench->arena, "/nothing", &names) < 0);
	assert_string_equal(sysroot_resolve(&t->root, &t->bench->arena, "/etc/dir/new/file"),
			    at(t, "root/etc/new/file"));
}

/* Lines across the boundary of read chunks, and lines that only look similar. */
static void finds(void **state)
{
	struct tree *t = *state;
	struct arena *a = &t->bench->arena;

	for (size_t before = 16384 - 30; before < 16384 + 30; before++) {
		char *text = arena_alloc(a, 70000), *found;

		memset(text, 'x', before);
		memcpy(text + before, "Package: a\nxPackage: b\nPackage: b\nVersion: 7\n", 45);
		memset(text + before + 45, 'y', 40000);
		put(t, "root/etc/big", text);
		found = sysroot_find(&t->root, a, "/etc/big", "Package: b\n", 1 << 20);
		assert_non_null(found);
		assert_memory_equal(found, "Package: b\nVersion: 7\nyyy", 24);
		assert_int_equal(sysroot_count_lines(&t->root, "/etc/big", "Package: b", 1 << 20), 1);
		assert_null(sysroot_find(&t->root, a, "/etc/big", "Package: a\n", 1 << 20));
		assert_null(sysroot_find(&t->root, a, "/etc/big", "Package: c\n", 1 << 20));
	}
	assert_string_equal(sysroot_find(&t->root, a, "/etc/line", "second", 100), "second\n");
	assert_string_equal(sysroot_find(&t->root, a, "/etc/line", "  first", 100), "  first  \nsecond\n");
	assert_null(sysroot_find(&t->root, a, "/etc/nothing", "x", 100));
	assert_int_equal(sysroot_count(&t->root, "/etc", "op1"), 1);
	assert_int_equal(sysroot_count(&t->root, "/etc", "line"), 0);
	assert_true(sysroot_count(&t->root, "/nothing", "x") < 0);
}

static void fields(void **state)
{
	static const char meminfo[] = "MemTotal:        2026024 kB\nMemAvailable:    many kB\nSwapTotal: 0 kB";
	uint64_t n = 0;
	(void)state;

	assert_true(probe_field(meminfo, "MemTotal:", &n));
	assert_int_equal(n, 2026024);
	assert_false(probe_field(meminfo, "MemAvailable:", &n));
	assert_false(probe_field(meminfo, "Total:", &n));
	assert_true(probe_field(meminfo, "SwapTotal:", &n));
	assert_false(probe_field("MemTotal: 99999999999999999999999 kB", "MemTotal:", &n));
	assert_false(probe_field("", "MemTotal:", &n));
}

static void lists(void **state)
{
	static const struct {
		const char *text;
		int64_t count;
	} cases[] = {
		{"0", 1},  {"0-3", 4},	{"0-3,8", 5}, {"0,2,4-5", 4},	    {"", 0},  {"3-0", 0},   {"0-", 0},
		{"-3", 0}, {"0-3,", 4}, {"0--3", 0},  {"0-99999999999", 0}, {"x", 0}, {"0-3;4", 0}, {"0-8191", 8192}};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (probe_count_list(cases[i].text) != cases[i].count)
			fail_msg("'%s' is %lld", cases[i].text, (long long)probe_count_list(cases[i].text));
}

static void escapes(void **state)
{
	struct tree *t = *state;
	struct arena *a = &t->bench->arena;

	assert_string_equal(probe_unescape(a, "/my\\040swap", 11), "/my swap");
	assert_string_equal(probe_unescape(a, "/a\\134b", 7), "/a\\b");
	assert_string_equal(probe_unescape(a, "/cut\\04", 7), "/cut\\04");
	assert_string_equal(probe_unescape(a, "/no\\999", 7), "/no\\999");
	assert_string_equal(probe_unescape(a, "", 0), "");
}

int main(void)
{
#define tree_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		tree_test(never_escapes), tree_test(what_cannot_be_read), tree_test(reads),   tree_test(finds),
		cmocka_unit_test(fields), cmocka_unit_test(lists),	  tree_test(escapes),
	};

	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}

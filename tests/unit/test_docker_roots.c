/* SPDX-License-Identifier: MIT */
/* Docker's data roots and sockets, on small trees of each layout. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "detect/docker_roots.h"

struct tree {
	struct bench *bench;
	struct sysroot root;
	struct docker_roots found;
	char dir[64];
};

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	bench_setup((void **)&t->bench);
	snprintf(t->dir, sizeof(t->dir), "/tmp/vpsfit-test-XXXXXX");
	*state = t;
	return mkdtemp(t->dir) && sysroot_open(&t->root, t->dir) == 0 ? 0 : -1;
}

static void remove_all(struct tree *t, const char *path)
{
	char **names;
	long n = sysroot_list(&t->root, &t->bench->arena, path, &names);

	for (long i = 0; i < n; i++)
		remove_all(t, arena_printf(&t->bench->arena, "%s/%s", path, names[i]));
	remove(arena_printf(&t->bench->arena, "%s%s", t->dir, path));
}

static int teardown(void **state)
{
	struct tree *t = *state;

	remove_all(t, "");
	sysroot_close(&t->root);
	bench_teardown((void **)&t->bench);
	free(t);
	return 0;
}

/* Creates a file and its directories; only the directory if bytes is NULL. */
static void put(struct tree *t, const char *path, const char *bytes, size_t len)
{
	char *full = arena_printf(&t->bench->arena, "%s%s", t->dir, path);
	FILE *f;

	for (char *p = full + strlen(t->dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(full, 0755);
	}
	if (!bytes) {
		mkdir(full, 0755);
		return;
	}
	f = fopen(full, "we");
	assert_non_null(f);
	fwrite(bytes, 1, len, f);
	fclose(f);
}

#define TEXT(t, path, text) put(t, path, text, sizeof(text) - 1)

static const struct docker_root *find(struct tree *t, const struct docker_caller *caller, const char *path)
{
	docker_roots_find(&t->root, &t->bench->arena, caller, &t->found);
	for (size_t i = 0; i < t->found.count; i++)
		if (path ? t->found.items[i].path && strcmp(t->found.items[i].path, path) == 0
			 : !t->found.items[i].path)
			return &t->found.items[i];
	return NULL;
}

static void default_is_always_there(void **state)
{
	const struct docker_root *r = find(*state, NULL, "/var/lib/docker");

	assert_non_null(r);
	assert_string_equal(r->socket, "/run/docker.sock");
	assert_false(r->rootless);
	assert_int_equal(((struct tree *)*state)->found.count, 1);
}

static void daemon_json(void **state)
{
	struct tree *t = *state;
	const struct docker_root *r;

	TEXT(t, "/etc/docker/daemon.json",
	     "{\"data-root\": \"/mnt/d/\", \"hosts\": [\"fd://\", \"unix:///run/own.sock\"]}");
	r = find(t, NULL, "/mnt/d");
	assert_non_null(r);
	assert_string_equal(r->socket, "/run/own.sock");
	assert_string_equal(r->source, "/etc/docker/daemon.json");
	assert_null(find(t, NULL, "/var/lib/docker"));
	/* Invalid JSON or a relative path is ignored. */
	TEXT(t, "/etc/docker/daemon.json", "{\"data-root\": \"mnt\"}");
	assert_non_null(find(t, NULL, "/var/lib/docker"));
	TEXT(t, "/etc/docker/daemon.json", "{\"data-root\": ");
	assert_non_null(find(t, NULL, "/var/lib/docker"));
}

static void command_lines(void **state)
{
	struct tree *t = *state;
	const struct docker_root *r;

	TEXT(t, "/proc/7/cmdline", "/usr/bin/dockerd\0--data-root\0/a\0-H\0unix:///run/a.sock\0");
	TEXT(t, "/proc/8/cmdline", "dockerd\0--config-file\0/b.json\0");
	TEXT(t, "/b.json", "{\"graph\": \"/b\"}");
	TEXT(t, "/proc/9/cmdline", "dockerd\0--data-root=/c\0");
	TEXT(t, "/proc/9/status", "Name:\tdockerd\nUid:\t1000\t1000\t1000\t1000\n");
	TEXT(t, "/proc/10/cmdline", "grep\0--data-root\0/d\0");
	TEXT(t, "/proc/11/cmdline", "dockerd\0--data-root");
	r = find(t, NULL, "/a");
	assert_non_null(r);
	assert_string_equal(r->socket, "/run/a.sock");
	assert_non_null(find(t, NULL, "/b"));
	r = find(t, NULL, "/c");
	assert_non_null(r);
	assert_true(r->rootless);
	assert_int_equal(r->uid, 1000);
	assert_null(find(t, NULL, "/d"));
}

static void namespaces_and_snap(void **state)
{
	struct tree *t = *state;

	put(t, "/var/lib/docker/165536.165536/volumes", NULL, 0);
	put(t, "/var/lib/docker/165536", NULL, 0);
	put(t, "/var/lib/docker/1.x", NULL, 0);
	put(t, "/var/snap/docker", NULL, 0);
	assert_non_null(find(t, NULL, "/var/lib/docker/165536.165536"));
	assert_string_equal(find(t, NULL, "/var/lib/docker/165536.165536")->socket, "/run/docker.sock");
	assert_non_null(find(t, NULL, "/var/snap/docker/common/var-lib-docker"));
	assert_int_equal(t->found.count, 3);
}

static void rootless(void **state)
{
	struct tree *t = *state;
	const struct docker_root *r;

	TEXT(t, "/etc/passwd",
	     "root:x:0:0::/root:/bin/sh\nai:x:1000:1000::/home/ai:/bin/sh\nodd:x:\nb:x:1001:1001::/home/b/:\nno:x:9:9::/:\n");
	put(t, "/home/ai/.local/share/docker/volumes", NULL, 0);
	TEXT(t, "/home/b/.config/docker/daemon.json", "{\"data-root\": \"/vol/b\"}");
	TEXT(t, "/run/user/1000/docker.sock", "");
	TEXT(t, "/run/user/2000/docker.sock", "");
	r = find(t, NULL, "/home/ai/.local/share/docker");
	assert_non_null(r);
	assert_true(r->rootless);
	assert_int_equal(r->uid, 1000);
	assert_string_equal(r->socket, "/run/user/1000/docker.sock");
	assert_non_null(find(t, NULL, "/vol/b"));
	/* A user that the table does not name. */
	r = find(t, NULL, NULL);
	assert_non_null(r);
	assert_string_equal(r->socket, "/run/user/2000/docker.sock");
}

static void callers_environment(void **state)
{
	struct tree *t = *state;
	struct docker_caller caller = {
		.docker_host = "unix:///x/y.sock", .xdg_data_home = "/data", .xdg_runtime_dir = "rel"};

	put(t, "/data/docker", NULL, 0);
	assert_string_equal(find(t, &caller, NULL)->socket, "/x/y.sock");
	assert_non_null(find(t, &caller, "/data/docker"));
	caller.docker_host = "tcp://10.0.0.1:2375";
	assert_null(find(t, &caller, NULL));
}

static void many(void **state)
{
	struct tree *t = *state;

	for (int i = 0; i < 3 * MAX_DOCKER_ROOTS; i++)
		TEXT(t, arena_printf(&t->bench->arena, "/run/user/%d/docker.sock", 1000 + i), "");
	docker_roots_find(&t->root, &t->bench->arena, NULL, &t->found);
	assert_int_equal(t->found.count, MAX_DOCKER_ROOTS);
}

int main(void)
{
#define tree_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		tree_test(default_is_always_there),
		tree_test(daemon_json),
		tree_test(command_lines),
		tree_test(namespaces_and_snap),
		tree_test(rootless),
		tree_test(callers_environment),
		tree_test(many),
	};

	return cmocka_run_group_tests_name("docker_roots", tests, NULL, NULL);
}

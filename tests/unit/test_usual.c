/* SPDX-License-Identifier: MIT */
/* Usual costs: which file an image is looked up in, whose figures it gets, and that all shipped files are right. */
#include "store.h"

#include <dirent.h>

#include "catalog/usual.h"
#include "core/usual_cost.h"

#define COST(name, images, rest) "kind: usual-cost\nname: " name "\ntitle: \"a test\"\nimages: [" images "]\n" rest
#define FIGURES "idle_mib: 20\nfloor_mib: 10\nsource: \"measured\"\n"

/* A package and an administrator of one's own. */
struct usual_bench {
	struct store_bench s; /* first */
	struct catalog catalog;
};

static const char *path_of(struct store_bench *s, const char *folder, const char *name)
{
	return arena_printf(&s->b.arena, "%s/%s/%s", s->top, folder, name);
}

static int setup(void **state)
{
	static const char *const folders[] = {"root/etc/vpsfit", "root/etc/vpsfit/catalogue", "data", "data/templates",
					      "data/templates/catalogue"};
	struct usual_bench *u;
	int rc = store_setup(state);

	u = realloc(*state, sizeof(*u));
	*state = u;
	u->s.b.diags.arena = &u->s.b.arena;
	u->catalog = (struct catalog){.usual = {NULL}};
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(folders); i++)
		make_dir(path_of(&u->s, folders[i], ""));
	return rc;
}

static void own(struct usual_bench *u, const char *name, const char *text)
{
	put_file(path_of(&u->s, "root/etc/vpsfit/catalogue", name), text, strlen(text));
}

static void shipped(struct usual_bench *u, const char *name, const char *text)
{
	put_file(path_of(&u->s, "data/templates/catalogue", name), text, strlen(text));
}

static const struct usual_cost *look_up(struct usual_bench *u, const char *image)
{
	return catalog_usual(&u->s.b.arena, path_of(&u->s, "data", ""), &u->s.root, &u->s.b.diags, &u->catalog, image);
}

static void name_is(struct usual_bench *u, const char *image, const char *name)
{
	const char *is = usual_cost_name(&u->s.b.arena, image);

	assert_string_equal(is ? is : "-", name);
}

static void names(void **state)
{
	struct usual_bench *u = *state;
	char longest[300];

	name_is(u, "redis", "redis");
	name_is(u, "redis:7.4-alpine", "redis");
	name_is(u, "docker.io/library/redis", "redis");
	name_is(u, "langfuse/langfuse-worker:3", "langfuse-worker");
	name_is(u, "quay.io/coreos/etcd:v3.5.18@sha256:00ff", "etcd");
	name_is(u, "registry.lan:5000/ai/ollama", "ollama");
	name_is(u, "localhost/ollama@sha256:00ff", "ollama");
	name_is(u, "a/b_c.d-e", "b_c.d-e");
	/* No reference, or one that the engine refuses: nothing is looked for. */
	name_is(u, "", "-");
	name_is(u, "${IMAGE}", "-");
	name_is(u, "redis:${TAG}", "-");
	name_is(u, "a b", "-");
	name_is(u, "Redis", "-");
	name_is(u, "ollama/Ollama", "-");
	name_is(u, "ollama/", "-");
	name_is(u, "..", "-");
	name_is(u, "../redis", "redis");
	name_is(u, "a/..", "-");
	name_is(u, "a/.hidden", "-");
	name_is(u, ".redis", "-");
	name_is(u, "a/-x", "-");
	name_is(u, "redis\n", "-");
	memset(longest, 'a', sizeof(longest));
	longest[299] = '\0';
	name_is(u, longest, "-");
	longest[USUAL_NAME_MAX + 1] = '\0';
	name_is(u, longest, "-");
	longest[USUAL_NAME_MAX] = '\0';
	name_is(u, longest, longest);
}

/* Tags and digests do not count, owner and registry do. */
static void matching(void **state)
{
	static const char *const are[] = {"redis",
					  "redis:7",
					  "docker.io/redis",
					  "index.docker.io/library/redis:latest",
					  "library/redis@sha256:00ff",
					  "ghcr.io/cache/redis:1",
					  "mirror.lan:5000/redis"};
	static const char *const are_not[] = {"somebody/redis",	 "ghcr.io/redis",	    "ghcr.io/somebody/redis",
					      "localhost/redis", "mirror.lan/redis:1",	    "mirror.lan:5001/redis",
					      "redis-stack",	 "mirror.lan:5000/x/redis", "cache/redis"};
	struct usual_bench *u = *state;

	shipped(u, "redis.yaml", COST("redis", "redis, ghcr.io/cache/redis, \"mirror.lan:5000/redis\"", FIGURES));
	for (size_t i = 0; i < ARRAY_SIZE(are); i++)
		if (!look_up(u, are[i]))
			fail_msg("%s", are[i]);
	for (size_t i = 0; i < ARRAY_SIZE(are_not); i++)
		if (look_up(u, are_not[i]))
			fail_msg("%s", are_not[i]);
	assert_int_equal(look_up(u, "redis")->idle_mib, 20);
	assert_int_equal(look_up(u, "redis")->floor_mib, 10);
	assert_int_equal(u->s.b.diags.count, 0);
}

/* Files of any other name are not even opened: these would be told of. */
static void never_another_file(void **state)
{
	static const char *const images[] = {"../redis",
					     "a/../redis",
					     "../../../catalogue/redis",
					     "a/..",
					     "a/.redis",
					     "/redis",
					     "redis.yaml",
					     "redis/",
					     "redis/redis",
					     "./redis",
					     "etc/vpsfit",
					     "catalogue",
					     "other",
					     "ghcr.io/../x/redis:1"};
	struct usual_bench *u = *state;

	shipped(u, "redis.yaml", COST("redis", "redis", FIGURES));
	shipped(u, ".redis.yaml", "wrong");
	shipped(u, "unused.yaml", "wrong");
	put_file(path_of(&u->s, "data/templates", "redis.yaml"), "wrong", 5);
	put_file(path_of(&u->s, "root/etc/vpsfit", "redis.yaml"), "wrong", 5);
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		if (look_up(u, images[i]))
			fail_msg("%s", images[i]);
	assert_int_equal(u->s.b.diags.count, 0);
}

/* Once in a run, whatever the file holds. */
static void read_once(void **state)
{
	struct usual_bench *u = *state;
	const struct usual_cost *first;

	shipped(u, "redis.yaml", COST("redis", "redis", FIGURES));
	shipped(u, "broken.yaml", "kind: [");
	own(u, "late.yaml", COST("late", "late", FIGURES));
	first = look_up(u, "redis:7");
	assert_int_equal(look_up(u, "late")->idle_mib, 20);
	assert_null(look_up(u, "broken"));
	assert_null(look_up(u, "missing"));
	assert_int_equal(u->s.b.diags.count, 1);
	shipped(u, "redis.yaml", COST("redis", "redis", "idle_mib: 99\nsource: \"s\"\n"));
	shipped(u, "broken.yaml", COST("broken", "broken", FIGURES));
	shipped(u, "missing.yaml", COST("missing", "missing", FIGURES));
	own(u, "late.yaml", "kind: [");
	own(u, "redis.yaml", "kind: [");
	assert_int_equal(look_up(u, "late:2")->idle_mib, 20);
	assert_ptr_equal(look_up(u, "redis:8"), first);
	assert_null(look_up(u, "broken"));
	assert_null(look_up(u, "missing"));
	assert_int_equal(u->s.b.diags.count, 1);
}

/* The administrator's file goes first, for the images that it lists. */
static void administrator(void **state)
{
	struct usual_bench *u = *state;

	shipped(u, "redis.yaml", COST("redis", "redis", FIGURES));
	own(u, "redis.yaml", COST("redis", "corp.lan/redis", "idle_mib: 1.5G\nsource: \"s\"\n"));
	assert_int_equal(look_up(u, "corp.lan/redis:7")->idle_mib, 1536);
	assert_int_equal(look_up(u, "redis:7")->idle_mib, 20);
	assert_null(look_up(u, "else.lan/redis"));
	shipped(u, "qdrant.yaml", COST("qdrant", "qdrant/qdrant", FIGURES));
	own(u, "qdrant.yaml", COST("qdrant", "qdrant/qdrant", "idle_mib: 77\nsource: \"s\"\n"));
	assert_int_equal(look_up(u, "qdrant/qdrant")->idle_mib, 77);
	assert_int_equal(u->s.b.diags.count, 0);
}

/* One that cannot be read is told of with its place, and stands in for nothing. */
static void administrators_fault(void **state)
{
	static const struct {
		const char *text, *says;
		unsigned line, col;
	} rows[] = {
		{COST("redis", "redis", "idel_mib: 5\nsource: \"s\"\n"), "unknown key 'idel_mib' in a usual cost", 5,
		 1},
		{COST("redis", "redis", "idle_mib: many\nsource: \"s\"\n"), "a size in MiB is expected here", 5, 11},
		{COST("redis", "redis", "idle_mib: 0\nsource: \"s\"\n"), "a size over 0 is expected here", 5, 11},
		{COST("redis", "redis", "idle_mib: 5\n"), "the key 'source' is missing in a usual cost", 1, 1},
		{COST("redis", "redis", "floor_mib: 5\ndepends_on: \"d\"\n"), "the key 'source' is missing", 1, 1},
		{COST("redis", "redis", "source: \"s\"\n"), "without 'idle_mib', 'depends_on' or 'unknown' says", 1, 1},
		{COST("redis", "redis", FIGURES "unknown: \"u\"\n"), "there is 'unknown' too", 5, 11},
		{COST("redis", "redis", "idle_mib: 5\nfloor_mib: 6\nsource: \"s\"\n"), "this is no floor", 6, 12},
		{COST("valkey", "valkey", FIGURES), "the name of the file is 'redis'", 2, 7},
		{COST("redis", "redis, valkey", FIGURES), "the last part of each image here is 'redis'", 4, 17},
		{COST("redis", "redis:7", FIGURES), "a repository without tag and digest is expected here", 4, 10},
		{COST("redis", "redis@sha256:00", FIGURES), "a repository without tag and digest", 4, 10},
		{COST("redis", "Redis", FIGURES), "a repository without tag and digest", 4, 10},
		{COST("redis", "", FIGURES), "there must be one image at least", 4, 9},
		{COST("redis", "redis", FIGURES "same_as: valkey\n"), "with 'same_as' the figures are the other", 8,
		 10},
		{"kind: profile\nname: redis\n", "only 'kind: usual-cost' is read in this folder", 1, 7},
		{"- redis\n", "no mapping of keys to values", 1, 0},
		{"", "no mapping of keys to values", 1, 0},
		{"kind: usual-cost\n---\nkind: usual-cost\n", "document", 2, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct diag *d;
		struct usual_bench *u;

		/* A run of its own for each. */
		store_teardown(state);
		assert_int_equal(setup(state), 0);
		u = *state;
		shipped(u, "redis.yaml", COST("redis", "redis", FIGURES));
		own(u, "redis.yaml", rows[i].text);
		if (look_up(u, "redis"))
			fail_msg("%s", rows[i].text);
		d = u->s.b.diags.items;
		if (u->s.b.diags.count == 0)
			fail_msg("nothing was said of %s", rows[i].text);
		for (size_t k = 0; k < u->s.b.diags.count; k++)
			if (strstr(d[k].text, rows[i].says))
				d = &d[k];
		if (!strstr(d->text, rows[i].says) || d->line != rows[i].line || d->col != rows[i].col)
			fail_msg("%u:%u: %s", d->line, d->col, d->text);
		assert_string_equal(d->file, "/etc/vpsfit/catalogue/redis.yaml");
		assert_int_equal(d->severity, SEV_WARNING);
		assert_non_null(d->hint);
		/* Another image of that name: said once. */
		assert_null(look_up(u, "redis:7"));
		assert_null(look_up(u, "corp.lan/redis"));
	}
}

/* What is no regular file, or too large, stops nothing. */
static void no_file(void **state)
{
	struct usual_bench *u = *state;
	char *large = calloc(1, (1 << 20) + 2);

	shipped(u, "redis.yaml", COST("redis", "redis", FIGURES));
	make_dir(path_of(&u->s, "root/etc/vpsfit/catalogue", "redis.yaml"));
	assert_null(look_up(u, "redis"));
	assert_int_equal(mkfifo(path_of(&u->s, "root/etc/vpsfit/catalogue", "fifo.yaml"), 0600), 0);
	assert_null(look_up(u, "fifo"));
	memset(large, '#', (1 << 20) + 1);
	own(u, "large.yaml", large);
	free(large);
	assert_null(look_up(u, "large"));
	assert_int_equal(symlink("/etc/passwd", path_of(&u->s, "root/etc/vpsfit/catalogue", "link.yaml")), 0);
	assert_null(look_up(u, "link"));
	assert_int_equal(u->s.b.diags.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(u->s.b.diags.items[i].severity, SEV_WARNING);
}

static void same_as(void **state)
{
	struct usual_bench *u = *state;
	const struct usual_cost *cost;

	shipped(u, "redis.yaml", COST("redis", "redis", FIGURES "depends_on: \"its data\"\n"));
	shipped(u, "valkey.yaml", COST("valkey", "valkey/valkey", "same_as: redis\n"));
	shipped(u, "chain.yaml", COST("chain", "chain", "same_as: valkey\n"));
	shipped(u, "self.yaml", COST("self", "self", "same_as: self\n"));
	shipped(u, "lost.yaml", COST("lost", "lost", "same_as: nobody\n"));
	own(u, "redis.yaml", COST("redis", "corp.lan/redis", "same_as: redis\n"));
	cost = look_up(u, "valkey/valkey:8");
	assert_string_equal(cost->name, "valkey");
	assert_int_equal(cost->idle_mib, 20);
	assert_string_equal(cost->depends_on, "its data");
	assert_string_equal(cost->source, "measured");
	assert_null(cost->same_as);
	assert_ptr_equal(look_up(u, "valkey/valkey:9"), cost);
	assert_int_equal(look_up(u, "corp.lan/redis")->idle_mib, 20);
	assert_int_equal(u->s.b.diags.count, 0);
	assert_null(look_up(u, "chain"));
	assert_null(look_up(u, "self"));
	assert_null(look_up(u, "lost"));
	assert_null(look_up(u, "lost:2"));
	assert_int_equal(u->s.b.diags.count, 3);
	assert_non_null(strstr(u->s.b.diags.items[2].text, "no figures are shipped for 'nobody'"));
}

/* Known as a program, and its use is not. */
static void without_figure(void **state)
{
	struct usual_bench *u = *state;

	shipped(u, "ollama.yaml", COST("ollama", "ollama/ollama", "depends_on: \"the model\"\n"));
	assert_int_equal(look_up(u, "ollama/ollama")->idle_mib, 0);
	assert_string_equal(look_up(u, "ollama/ollama")->depends_on, "the model");
	assert_int_equal(u->s.b.diags.count, 0);
}

static const struct usual_cost *of_the_package(struct usual_bench *u, const char *name)
{
	const struct usual_entry *e;

	catalog_usual(&u->s.b.arena, ".", &u->s.root, &u->s.b.diags, &u->catalog, name);
	for (e = u->catalog.usual.first; e && !STR_EQ(e->name, name);)
		e = e->next;
	return e ? e->shipped.cost : NULL;
}

/* Each file of the package by each of its images; a file that nothing finds would be dead weight. */
static void the_package(void **state)
{
	struct usual_bench *u = *state;
	DIR *dir = opendir("templates/catalogue");
	size_t files = 0, known = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		const char *end = strstr(e->d_name, ".yaml"), *name;
		const struct usual_cost *cost;

		if (e->d_name[0] == '.')
			continue;
		assert_non_null(end);
		name = arena_strndup(&u->s.b.arena, e->d_name, (size_t)(end - e->d_name));
		cost = of_the_package(u, name);
		if (u->s.b.diags.count > 0)
			fail_msg("%s: %s", u->s.b.diags.items[0].file, u->s.b.diags.items[0].text);
		if (!cost)
			fail_msg("%s is not read", e->d_name);
		for (size_t i = 0; i < cost->image_count; i++) {
			const struct usual_cost *found = catalog_usual(&u->s.b.arena, ".", &u->s.root, &u->s.b.diags,
								       &u->catalog, cost->images[i]);

			if (!found || !STR_EQ(found->name, name))
				fail_msg("%s: %s", e->d_name, cost->images[i]);
			assert_true(found->idle_mib > 0 ? found->source != NULL : found->unknown || found->depends_on);
			known += i == 0 && found->idle_mib > 0;
		}
		files++;
	}
	closedir(dir);
	assert_true(files >= 40);
	assert_true(known >= 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define usual_test(f) cmocka_unit_test_setup_teardown(f, setup, store_teardown)
		usual_test(names),	 usual_test(matching),	    usual_test(never_another_file),
		usual_test(read_once),	 usual_test(administrator), usual_test(administrators_fault),
		usual_test(no_file),	 usual_test(same_as),	    usual_test(without_figure),
		usual_test(the_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

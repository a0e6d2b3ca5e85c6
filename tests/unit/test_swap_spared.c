/* SPDX-License-Identifier: MIT */
/* Whether a block device lies on the disks of the root file system alone, by trees of /sys/class/block. */
#include "unit.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detect/probe.h"

struct tree {
	struct bench *bench;
	struct sysroot root;
	char dir[64];
};

static const char *at(const struct tree *t, const char *path)
{
	return arena_printf(&t->bench->arena, "%s/%s", t->dir, path);
}

/* As mkdir -p. */
static void make_dirs(const struct tree *t, const char *path)
{
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
		mkdir(at(t, arena_strndup(&t->bench->arena, path, (size_t)(slash - path))), 0755);
	mkdir(at(t, path), 0755);
}

static void put(const struct tree *t, const char *path, const char *text)
{
	FILE *f = fopen(at(t, path), "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A device as the kernel shows it: a directory below its disk, and a link to that from /sys/class/block. */
static void device(const struct tree *t, const char *name, const char *disk, const char *removable)
{
	struct arena *a = &t->bench->arena;
	const char *way = disk ? arena_printf(a, "devices/pci/block/%s/%s", disk, name)
			       : arena_printf(a, "devices/pci/block/%s", name);

	make_dirs(t, arena_printf(a, "sys/%s", way));
	put(t, arena_printf(a, "sys/%s/%s", way, disk ? "partition" : "removable"), disk ? "1\n" : removable);
	assert_int_equal(symlink(arena_printf(a, "../../%s", way), at(t, arena_printf(a, "sys/class/block/%s", name))),
			 0);
}

static void mapped(const struct tree *t, const char *name, const char *first, const char *second)
{
	struct arena *a = &t->bench->arena;

	device(t, name, NULL, "0\n");
	make_dirs(t, arena_printf(a, "sys/class/block/%s/slaves/%s", name, first));
	if (second)
		make_dirs(t, arena_printf(a, "sys/class/block/%s/slaves/%s", name, second));
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	bench_setup((void **)&t->bench);
	snprintf(t->dir, sizeof(t->dir), "/tmp/vpsfit-test-XXXXXX");
	if (!mkdtemp(t->dir))
		return -1;
	make_dirs(t, "sys/class/block");
	for (const char *const *disk = (const char *const[]){"vda", "vdb", "loop1", "zd0", NULL}; *disk; disk++)
		device(t, *disk, NULL, "0\n");
	device(t, "sdu", NULL, "1\n");
	device(t, "vda1", "vda", NULL);
	device(t, "vda2", "vda", NULL);
	device(t, "vdb1", "vdb", NULL);
	device(t, "vdb2", "vdb", NULL);
	device(t, "loop1p2", "loop1", NULL);
	device(t, "zd0p2", "zd0", NULL);
	device(t, "sdu1", "sdu", NULL);
	device(t, "sdu2", "sdu", NULL);
	mapped(t, "dm-0", "vda2", NULL);
	mapped(t, "dm-1", "vda2", NULL);
	mapped(t, "dm-2", "vda2", "vdb1");
	mapped(t, "dm-3", "dm-1", NULL);
	mapped(t, "md0", "vda1", "vdb1");
	*state = t;
	return sysroot_open(&t->root, t->dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int teardown(void **state)
{
	struct tree *t = *state;

	sysroot_close(&t->root);
	nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	bench_teardown((void **)&t->bench);
	free(t);
	return 0;
}

static void on_which_disk(void **state)
{
	static const struct {
		const char *name, *root, *why; /* why NULL: on the root file system's own */
	} rows[] = {
		{"vda2", "vda1", NULL},
		{"vda2", "dm-0", NULL}, /* beside a volume group */
		{"dm-1", "vda1", NULL},
		{"dm-3", "dm-0", NULL}, /* a mapping upon a mapping */
		{"vdb2", "md0", NULL},	/* a mirror of both disks */
		{"vdb1", "vda1", "it lies on vdb"},
		{"loop1p2", "vda1", "it lies on loop1"},
		{"zd0p2", "vda1", "it lies on zd0"},
		{"zd0", "vda1", "it lies on zd0"},
		{"dm-2", "vda1", "it lies on vdb"}, /* half of it */
		{"sdu2", "vda1", "its disk sdu can be taken out"},
		{"sdu2", "sdu1", "its disk sdu can be taken out"},
		{"vda2", NULL, "it cannot be told"},
		{"vda2", "nothing", "it lies on vda"},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = swap_other_disk(&t->root, &t->bench->arena, rows[i].name, rows[i].root);

		if (rows[i].why ? !why || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0 : why != NULL)
			fail_msg("%s, root on %s: %s", rows[i].name, rows[i].root ? rows[i].root : "?",
				 why ? why : "its own");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(on_which_disk, setup, teardown)};

	return cmocka_run_group_tests_name("swap_spared", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* File systems that hold no swap file: one table, asked by type for the plan and by f_type for the making. */
#include "unit.h"

/* With the table itself, to ask for each of its rows. */
#include "swap/filesystems.c"

/* A type that a pattern stands for. */
static const char *example(struct bench *b, const char *pattern)
{
	size_t n = strcspn(pattern, "*");

	return pattern[n] ? arena_printf(&b->arena, "%.*s.x", (int)n, pattern) : pattern;
}

static void each_row(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *why = filesystem_refusal(example(b, refused[i].type));

		if (!why || strcmp(why, refused[i].why) != 0)
			fail_msg("%s is not refused with its reason", refused[i].type);
		if (!refused[i].name || !refused[i].name[0])
			fail_msg("%s has no name", refused[i].type);
		for (size_t k = 0; k < MAX_MAGICS && refused[i].magics[k]; k++)
			assert_string_equal(filesystem_refused_name(refused[i].magics[k]), refused[i].name);
	}
}

/* No row is hidden behind another one, and no f_type has two names. */
static void no_row_twice(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		size_t rows = 0;

		for (size_t k = 0; k < ARRAY_SIZE(refused); k++)
			rows += type_matches(example(b, refused[i].type), refused[k].type);
		if (rows != 1)
			fail_msg("%s is in %zu rows", refused[i].type, rows);
	}
}

static void by_type(void **state)
{
	static const char *const no[] = {"zfs",	 "overlay", "tmpfs",	"ramfs", "nfs",	  "nfs4",    "cifs",
					 "smb3", "ceph",    "virtiofs", "9p",	 "fuse",  "fuseblk", "fuse.sshfs",
					 "vfat", "msdos",   "exfat",	"ntfs",	 "ntfs3", "squashfs"};
	static const char *const yes[] = {"ext2", "ext3", "ext4", "xfs",       "btrfs", "f2fs",	  "jfs",     "",
					  "zfs2", "ZFS",  "tmp",  "overlayfs", "xnfs",	"9p2000", "devtmpfs"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (!filesystem_refusal(no[i]))
			fail_msg("%s is taken", no[i]);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (filesystem_refusal(yes[i]))
			fail_msg("%s is refused", yes[i]);
}

/* The numbers are those of statfs(2), not of the table. */
static void by_number(void **state)
{
	static const unsigned no[] = {0x2fc12fc1, 0x794c7630, 0x01021994, 0x858458f6, 0x6969,
				      0xff534d42, 0x517b,     0xfe534d42, 0x00c36400, 0x01021997,
				      0x65735546, 0x4d44,     0x2011bab0, 0x7366746e, 0x73717368};
	static const unsigned yes[] = {0, 0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x3153464a, 1, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (!filesystem_refused_name(no[i]))
			fail_msg("%x is taken", no[i]);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (filesystem_refused_name(yes[i]))
			fail_msg("%x is refused", yes[i]);
}

/* A reason says what to do instead. */
static void what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (!strstr(refused[i].why, "--swap-file") && !strstr(refused[i].why, "use a partition"))
			fail_msg("%s: %s", refused[i].type, refused[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(each_row),  bench_test(no_row_twice), bench_test(by_type),
		bench_test(by_number), bench_test(what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Lines of /etc/fstab: whatever else the file holds stays byte for byte. */
#include "unit.h"

#include <errno.h>

#include "core/macros.h"
#include "swap/fstab.h"

#define OURS(source) source " none swap sw,nofail,x-vpsfit 0 0\n"

static const char *const others[] = {
	"",
	"# /etc/fstab: static file system information\n",
	"UUID=11-22 / ext4 errors=remount-ro 0 1\n",
	"UUID=11-22\t/\text4\tdefaults\t0 1\n\n\n   \n\t\n",
	"/dev/vdb1 none swap sw 0 0\n/dev/vdb2 none swap sw,pri=5 0 0\n",
	"# /swapfile none swap sw 0 0\n  # " OURS("/swapfile"),
	"/swapfile /mnt ext4 loop 0 0\n",
	"/swapfile2 none swap sw 0 0\n/swap none swap sw 0 0\n",
	"//nas/x /mnt cifs credentials=/root/secret,uid=1 0 0\nproc /proc proc\n",
	"UUID=1 / ext4 defaults 0 1\r\nUUID=2 /b ext4 defaults 0 2\r\n",
	"LABEL=gr\xc3\xbcn /g ext4 defaults 0 2\n/a\\040b /a\\040b none bind 0 0\n",
	"this is no line of fstab at all, is it\nnor this\n/dev/a\n",
	"\xff\xfe /x ext4 defaults 0 0\n",
};

static const char *const sources[] = {"/swapfile", "/swapfile.vpsfit-2", "UUID=ab-cd", "/my swap/file", "/a#b", "/a\\b",
				      "/a\tb",	   "/gr\xc3\xbcn",	 "/%s%n",      "/none swap"};

static const char *edited(struct bench *b, const char *text, const char *comes, const char *goes)
{
	const char *result;

	if (fstab_edit(&b->arena, "/etc/fstab", text, &comes, comes != NULL, &goes, goes != NULL, &b->diags, &result) <
	    0)
		fail_msg("cannot be edited: '%s'", text);
	return result;
}

/* One line comes and goes again, below anything. It is appended once, and reads back. */
static void comes_and_goes(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sources); k++) {
			const char *with = edited(b, others[i], sources[k], NULL);

			assert_int_equal(strncmp(with, others[i], strlen(others[i])), 0);
			assert_true(fstab_lists(&b->arena, with, sources[k]));
			assert_true(fstab_marks(&b->arena, with, sources[k]));
			assert_string_equal(strchr(with + strlen(others[i]), '\n'), "\n");
			assert_string_equal(edited(b, with, sources[k], NULL), with);
			assert_string_equal(edited(b, with, NULL, sources[k]), others[i]);
		}
}

static void nothing_to_do(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_string_equal(edited(b, others[i], NULL, NULL), others[i]);
		assert_string_equal(edited(b, others[i], NULL, "/not-there"), others[i]);
		assert_string_equal(edited(b, others[i], NULL, "/swapfile"), others[i]);
		assert_false(fstab_lists(&b->arena, others[i], "/swapfile"));
		assert_false(fstab_marks(&b->arena, others[i], "/dev/vdb1"));
	}
}

/* A line that goes is taken from the middle. Only a swap line goes, whoever wrote it. */
static void from_the_middle(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
			const char *text = arena_printf(&b->arena, "%s" OURS("/swapfile") "%s", others[i], others[k]);

			assert_string_equal(edited(b, text, NULL, "/swapfile"),
					    arena_printf(&b->arena, "%s%s", others[i], others[k]));
			text = arena_printf(&b->arena, "%s  /swapfile\tswap   swap\tdefaults\n%s", others[i],
					    others[k]);
			assert_true(fstab_lists(&b->arena, text, "/swapfile"));
			assert_false(fstab_marks(&b->arena, text, "/swapfile"));
			assert_string_equal(edited(b, text, "/swapfile", NULL), text);
			assert_string_equal(edited(b, text, NULL, "/swapfile"),
					    arena_printf(&b->arena, "%s%s", others[i], others[k]));
		}
}

static void one_for_another(void **state)
{
	static const char *const comes[] = {"/new", "UUID=9"}, *const goes[] = {"/old", "UUID=8", "/none"};
	struct bench *b = *state;
	const char *result;

	assert_int_equal(fstab_edit(&b->arena, "/etc/fstab",
				    OURS("UUID=8") "/x /y ext4\n" OURS("/old") "/old /mnt ext4 loop 0 0\n" OURS("/old"),
				    comes, 2, goes, 3, &b->diags, &result),
			 0);
	assert_string_equal(result, "/x /y ext4\n/old /mnt ext4 loop 0 0\n" OURS("/new") OURS("UUID=9"));
}

/* Without a line end the last line is still a line. */
static void no_line_end(void **state)
{
	struct bench *b = *state;

	assert_string_equal(edited(b, "/x / ext4 defaults 0 1", "/s", NULL), "/x / ext4 defaults 0 1\n" OURS("/s"));
	assert_string_equal(edited(b, "# end", "/s", NULL), "# end\n" OURS("/s"));
	assert_string_equal(edited(b, "/x / ext4\n/s none swap sw 0 0", NULL, "/s"), "/x / ext4\n");
	assert_string_equal(edited(b, "/x / ext4", NULL, "/s"), "/x / ext4");
}

/* Other readers of the file than libmount take only what fstab(5) allows. */
static void escaped(void **state)
{
	assert_string_equal(edited(*state, "", "/a b\tc\nd\\e#f", NULL), OURS("/a\\040b\\011c\\012d\\134e\\043f"));
}

/* The mark is an option, not part of another one or of a comment. */
static void marked(void **state)
{
	static const struct {
		const char *line;
		bool is;
	} rows[] = {
		{"/s none swap x-vpsfit 0 0\n", true},
		{"/s none swap x-vpsfit,sw\n", true},
		{"/s none swap sw,x-vpsfit", true},
		{"/s none swap sw 0 0 # x-vpsfit\n", false},
		{"/s none swap sw 0 0\n", false},
		{"/s x-vpsfit swap sw 0 0\n", false},
		{"/s none swap sw,x-vpsfit-no 0 0\n", false},
		{"/s none swap sw,no-x-vpsfit 0 0\n", false},
		{"/s none swap sw,comment=x-vpsfit 0 0\n", false},
		{"/s /mnt ext4 x-vpsfit 0 0\n", false},
		{"#/s none swap x-vpsfit 0 0\n", false},
		{"/s2 none swap x-vpsfit 0 0\n", false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fstab_marks(&b->arena, rows[i].line, "/s") != rows[i].is)
			fail_msg("%s", rows[i].line);
	/* Two lines for one area: one of them may be ours. */
	assert_true(fstab_marks(&b->arena, "/s none swap sw\n" OURS("/s"), "/s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(comes_and_goes),  bench_test(nothing_to_do), bench_test(from_the_middle),
		bench_test(one_for_another), bench_test(no_line_end),	bench_test(marked),
		bench_test(escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

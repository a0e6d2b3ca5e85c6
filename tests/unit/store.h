/* SPDX-License-Identifier: MIT */
/* A directory of its own for each test: a machine's root, and a stack's store of state beside it. */
#ifndef VPSFIT_UNIT_STORE_H
#define VPSFIT_UNIT_STORE_H

#include "unit.h"

#include <ftw.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/sysroot.h"

struct store_bench {
	struct bench b; /* first: what a test of a bench gets is this */
	char top[64];
	const char *store; /* TOP/state/gw-0123456789abcdef */
	const char *entry; /* its first entry of the history */
	struct sysroot root;
};

static inline void make_dir(const char *path)
{
	if (mkdir(path, 0700) < 0)
		fail_msg("%s cannot be made", path);
}

static inline void put_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline int store_setup(void **state)
{
	struct store_bench *s = calloc(1, sizeof(*s));
	struct arena *a = &s->b.arena;

	diag_init(&s->b.diags, a);
	snprintf(s->top, sizeof(s->top), "/tmp/vpsfit-unit-XXXXXX");
	umask(022);
	if (!mkdtemp(s->top))
		return -1;
	s->store = arena_printf(a, "%s/state/gw-0123456789abcdef", s->top);
	s->entry = arena_printf(a, "%s/history/000001", s->store);
	for (const char *const *p =
		     (const char *const[]){"root", "root/opt", "root/opt/gw", "root/etc", "state",
					   "state/gw-0123456789abcdef", "state/gw-0123456789abcdef/history",
					   "state/gw-0123456789abcdef/history/000001", NULL};
	     *p; p++)
		make_dir(arena_printf(a, "%s/%s", s->top, *p));
	*state = s;
	return sysroot_open(&s->root, arena_printf(a, "%s/root", s->top));
}

static inline int store_remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static inline int store_teardown(void **state)
{
	struct store_bench *s = *state;

	sysroot_close(&s->root);
	nftw(s->top, store_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	diag_clear(&s->b.diags);
	arena_clear(&s->b.arena);
	free(s);
	return 0;
}

/* What a place in JSON may hold instead of what belongs there. Freed with them at the end. */
static inline json_t *wrong_value(size_t i)
{
	static const char *const values[] = {
		"null",
		"true",
		"false",
		"-1",
		"0",
		"1",
		"9223372036854775807",
		"1.5",
		"\"\"",
		"\"x\"",
		"[]",
		"{}",
		"[null]",
		"[1, [2]]",
		"[\"x\"]",
		"{\"x\": {}}",
		"[{}]",
		"\"/\"",
		"\"..\"",
		"\"/../\"",
		"{\"written\": 1}",
		"{\"path\": 1}",
		"[{\"path\": \"x\"}]",
	};

	return i < sizeof(values) / sizeof(values[0]) ? json_loads(values[i], JSON_DECODE_ANY, NULL) : NULL;
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

#endif

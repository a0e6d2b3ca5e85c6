/* SPDX-License-Identifier: MIT */
/* The unified diff: patching the one side with it gives the other, and it has no more changes than it must. */
#include "unit.h"

#include "core/macros.h"
#include "output/diff.h"

#define MAX_LINES 8000

struct lines {
	const char *items[MAX_LINES];
	size_t count;
};

/* Lines without their ends; the texts here all end with one. */
static void split(struct bench *b, const char *text, struct lines *ret)
{
	ret->count = 0;
	for (size_t n; *text; text += n + 1) {
		n = strcspn(text, "\n");
		ret->items[ret->count++] = arena_strndup(&b->arena, text, n);
	}
}

static char *diff_of(struct bench *b, const char *x, const char *y)
{
	static const struct style plain = {false};
	struct strbuf out = STRBUF_INIT;
	char *text;

	diff_unified(&b->arena, "f", (struct diff_side){x, x ? strlen(x) : 0, x},
		     (struct diff_side){y, y ? strlen(y) : 0, y}, &plain, &out);
	text = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* Makes the other side of `x` with the diff, and counts its changed lines. Each hunk must be where it says. */
static char *patched(struct bench *b, const struct lines *x, const char *diff, size_t *ret_changed)
{
	struct strbuf out = STRBUF_INIT;
	struct lines d;
	size_t at = 0, put = 0;
	char *text;

	split(b, diff, &d);
	*ret_changed = 0;
	for (size_t i = 2; i < d.count; i++) {
		const char *line = d.items[i];
		size_t x_at, x_count, y_at, y_count;

		if (sscanf(line, "@@ -%zu,%zu +%zu,%zu @@", &x_at, &x_count, &y_at, &y_count) == 4) {
			for (; at + (x_count > 0) < x_at; at++, put++)
				strbuf_printf(&out, "%s\n", x->items[at]);
			assert_int_equal(put + (y_count > 0), y_at);
			continue;
		}
		*ret_changed += line[0] != ' ';
		if (line[0] != '+')
			assert_string_equal(line + 1, x->items[at++]);
		if (line[0] != '-') {
			strbuf_printf(&out, "%s\n", line + 1);
			put++;
		}
	}
	for (; at < x->count; at++)
		strbuf_printf(&out, "%s\n", x->items[at]);
	text = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* How many lines must change: all but the longest common subsequence, by the quadratic textbook way. */
static size_t fewest(const struct lines *x, const struct lines *y)
{
	size_t common[64][64] = {{0}};

	for (size_t i = 0; i < x->count; i++)
		for (size_t j = 0; j < y->count; j++)
			if (STR_EQ(x->items[i], y->items[j]))
				common[i + 1][j + 1] = common[i][j] + 1;
			else
				common[i + 1][j + 1] =
					common[i][j + 1] > common[i + 1][j] ? common[i][j + 1] : common[i + 1][j];
	return x->count + y->count - 2 * common[x->count][y->count];
}

static const char *random_text(struct bench *b, unsigned *seed)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (int n = rand_r(seed) % 30; n > 0; n--)
		strbuf_printf(&out, "%c\n", 'a' + rand_r(seed) % 4);
	text = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static void any_two(void **state)
{
	struct bench *b = *state;
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		const char *x = random_text(b, &seed), *y = random_text(b, &seed);
		struct lines in_x, in_y;
		size_t changed;

		split(b, x, &in_x);
		split(b, y, &in_y);
		assert_string_equal(patched(b, &in_x, diff_of(b, x, y), &changed), y);
		assert_int_equal(changed, fewest(&in_x, &in_y));
	}
}

static void one_side(void **state)
{
	struct bench *b = *state;

	assert_string_equal(diff_of(b, NULL, "a\nb\n"), "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	assert_string_equal(diff_of(b, "a\nb\n", NULL), "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n");
	assert_string_equal(diff_of(b, "a\n", "a\n"), "");
	assert_string_equal(diff_of(b, "a\n", "a"),
			    "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
}

/* Too many changes to look for the fewest: what is shown is still right. */
static void very_many(void **state)
{
	struct bench *b = *state;
	struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;
	struct lines in_x;
	size_t changed;

	for (int i = 0; i < 1600; i++) {
		strbuf_printf(&x, "same %d\n%s", i, i % 2 ? "old\n" : "");
		strbuf_printf(&y, "same %d\nnew %d\n", i, i);
	}
	split(b, strbuf_text(&x), &in_x);
	assert_string_equal(patched(b, &in_x, diff_of(b, strbuf_text(&x), strbuf_text(&y)), &changed), strbuf_text(&y));
	strbuf_clear(&x);
	strbuf_clear(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(any_two),
		bench_test(one_side),
		bench_test(very_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

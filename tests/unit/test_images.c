/* SPDX-License-Identifier: MIT */
/* What an image's reference tells: repository, tag, version, line and age. */
#include "unit.h"

#include "core/images.h"

static void split_is(struct bench *b, const char *text, const char *registry, const char *repository, const char *tag,
		     const char *digest)
{
	struct image_ref r;

	assert_true(image_split(&b->arena, text, &r));
	assert_string_equal(r.repository, repository);
	assert_string_equal(r.registry ? r.registry : "-", registry ? registry : "-");
	assert_string_equal(r.tag ? r.tag : "-", tag ? tag : "-");
	assert_string_equal(r.digest ? r.digest : "-", digest ? digest : "-");
}

static void test_split(void **state)
{
	struct bench *b = *state;

	split_is(b, "nginx", NULL, "nginx", NULL, NULL);
	split_is(b, "postgres:16.9", NULL, "postgres", "16.9", NULL);
	split_is(b, "docker.io/library/postgres:16.9", NULL, "postgres", "16.9", NULL);
	split_is(b, "library/postgres", NULL, "postgres", NULL, NULL);
	split_is(b, "ghcr.io/berriai/litellm:v1.89.0", "ghcr.io", "berriai/litellm", "v1.89.0", NULL);
	split_is(b, "registry:5000/berriai/litellm", "registry:5000", "berriai/litellm", NULL, NULL);
	split_is(b, "registry:5000/litellm:v1@sha256:00ff", "registry:5000", "litellm", "v1", "sha256:00ff");
	split_is(b, "localhost/litellm@sha256:00ff", "localhost", "litellm", NULL, "sha256:00ff");
	split_is(b, "valkey/valkey:8.1.11-alpine", NULL, "valkey/valkey", "8.1.11-alpine", NULL);
}

static void test_not_split(void **state)
{
	static const char *const texts[] = {"",	   ":v1",      "litellm:", "litellm@", "litellm:${TAG}",
					    "a b", "ghcr.io/", "a:b:c"};
	struct bench *b = *state;
	struct image_ref r;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(image_split(&b->arena, texts[i], &r));
}

static void test_same_repository(void **state)
{
	struct bench *b = *state;

	assert_true(image_same_repository(&b->arena, "postgres:1", "docker.io/library/postgres"));
	assert_false(image_same_repository(&b->arena, "ghcr.io/postgres", "postgres"));
	assert_false(image_same_repository(&b->arena, "a.b/postgres", "c.d/postgres"));
	assert_false(image_same_repository(&b->arena, "postgres", "${X}"));
	assert_false(image_same_repository(&b->arena, "postgres", "nginx"));
}

static void line_is(struct bench *b, const char *tag, const char *line)
{
	const char *is = image_line(&b->arena, tag);

	assert_string_equal(is ? is : "-", line);
}

static void test_line(void **state)
{
	struct bench *b = *state;

	line_is(b, "v1.110.2", "1.110");
	line_is(b, "1.110.2", "1.110");
	line_is(b, "v0.12.4-slim", "0.12");
	line_is(b, "main-v1.83.0-stable", "1.83");
	line_is(b, "16", "-");
	line_is(b, "latest", "-");
	line_is(b, "main-stable", "-");
	line_is(b, "vega", "-");
	line_is(b, "v1.", "-");
	line_is(b, "9999999999999.1", "-");
}

static void test_in_line(void **state)
{
	(void)state;
	assert_true(image_in_line("v1.110.2", "1.110"));
	assert_false(image_in_line("v1.11.2", "1.1"));
	assert_false(image_in_line("v1.110.2", "1.11"));
	assert_false(image_in_line("v1", "1.110"));
	assert_true(image_in_line("16.16-bookworm", "16"));
	assert_true(image_in_line("0.8.1-pg16-bookworm", "16"));
	assert_false(image_in_line("0.8.1-pg17-bookworm", "16"));
	assert_false(image_in_line("latest", "16"));
	assert_false(image_in_line("16", "sixteen"));
}

static void test_age(void **state)
{
	(void)state;
	assert_int_equal(image_age("v1.89.0", "v1.110.2"), IMAGE_OLDER);
	assert_int_equal(image_age("1.110.2", "v1.110.2"), IMAGE_SAME);
	assert_int_equal(image_age("v1.110.10", "v1.110.2"), IMAGE_NEWER);
	assert_int_equal(image_age("v1.110.1", "v1.110.2"), IMAGE_OLDER);
	assert_int_equal(image_age("v1.110", "v1.110.2"), IMAGE_AGE_UNKNOWN);
	assert_int_equal(image_age("16", "16.16-bookworm"), IMAGE_AGE_UNKNOWN);
	assert_int_equal(image_age("15", "16.16-bookworm"), IMAGE_OLDER);
	assert_int_equal(image_age("latest", "v1.110.2"), IMAGE_AGE_UNKNOWN);
	/* Not the release itself, but before it or after it: nothing is said. */
	assert_int_equal(image_age("v1.110.2-rc.1", "v1.110.2"), IMAGE_AGE_UNKNOWN);
	assert_int_equal(image_age("v1.110.2.rc1", "v1.110.2"), IMAGE_AGE_UNKNOWN);
	assert_int_equal(image_age("v1.109.0-rc.1", "v1.110.2"), IMAGE_OLDER);
}

static const struct image_set known = {
	.items = {{.service = "litellm", .image = "ghcr.io/berriai/litellm", .tag = "v1.110.2", .line = "1.110"},
		  {.service = "web",
		   .image = "ghcr.io/web/web",
		   .tag = "v0.12.4",
		   .earlier = {"old"},
		   .earlier_count = 1},
		  {.service = "web", .variant = "slim", .image = "ghcr.io/web/web", .tag = "v0.12.4-slim"}},
	.count = 3};

static const struct image_row *row_of(struct bench *b, const char *service, const char *image)
{
	struct image_ref r;

	assert_true(image_split(&b->arena, image, &r));
	return image_row_of(&b->arena, &known, service, &r);
}

static void test_rows(void **state)
{
	struct bench *b = *state;

	assert_ptr_equal(image_find(&known, "web", NULL), &known.items[1]);
	assert_ptr_equal(image_find(&known, "web", "slim"), &known.items[2]);
	assert_null(image_find(&known, "web", "fat"));
	assert_null(image_find(&known, "other", NULL));
	assert_string_equal(image_reference(&b->arena, &known.items[2]), "ghcr.io/web/web:v0.12.4-slim");
	assert_ptr_equal(row_of(b, "litellm", "ghcr.io/berriai/litellm:v1.89.0"), &known.items[0]);
	assert_ptr_equal(row_of(b, "litellm", "ghcr.io/berriai/litellm:main-v1.83.3-stable"), &known.items[0]);
	assert_ptr_equal(row_of(b, "web", "ghcr.io/web/web:v0.11.3-slim"), &known.items[2]);
	assert_ptr_equal(row_of(b, "web", "ghcr.io/web/web:old"), &known.items[1]);
	assert_null(row_of(b, "web", "ghcr.io/web/web:v0.11.3-cuda"));
	assert_null(row_of(b, "web", "ghcr.io/web/web"));
	assert_null(row_of(b, "litellm", "mirror.example/berriai/litellm:v1.89.0"));
}

static void test_moved(void **state)
{
	static const char old[] = "services:\n  a:\n    image: r:5000/x:1\n  b:\n    \"image\": 'y'\n";

	(void)state;
	assert_false(image_lines_moved(old, old));
	assert_true(image_lines_moved("image: r:5000/x:2\n", old));
	assert_true(image_lines_moved("  image: y:3 # why\r\n", old));
	assert_false(image_lines_moved("image: z:1\n", old));
	assert_false(image_lines_moved("image: r:6000/x:1\n", old));
	assert_false(image_lines_moved("images: y:3\n", old));
	assert_false(image_lines_moved("", old));
	assert_false(image_lines_moved("image: x:1\nimage: x:2", "image: x:2\nimage: x:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(test_split), bench_test(test_not_split), bench_test(test_same_repository),
		bench_test(test_line),	bench_test(test_in_line),   bench_test(test_age),
		bench_test(test_rows),	bench_test(test_moved),
	};

	return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}

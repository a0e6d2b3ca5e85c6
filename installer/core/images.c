/* SPDX-License-Identifier: MIT */
#include "core/images.h"

#include <string.h>

#include "core/units.h"

/* The row of a service's image; variant NULL: the usual one. NULL: there is none. */
const struct image_row *image_find(const struct image_set *set, const char *service, const char *variant)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct image_row *row = &set->items[i];
		bool same = variant ? row->variant && STR_EQ(row->variant, variant) : !row->variant;

		if (same && STR_EQ(row->service, service))
			return row;
	}
	return NULL;
}

/* A row's image as a compose file names it: "repository:tag". */
const char *image_reference(struct arena *a, const struct image_row *row)
{
	return arena_printf(a, "%s:%s", row->image, row->tag);
}

/* As the engine reads it: the first part is a registry if it has a dot or a port, or is "localhost". */
static bool is_registry(const char *part, size_t len)
{
	return memchr(part, '.', len) || memchr(part, ':', len) || (len == 9 && memcmp(part, "localhost", 9) == 0);
}

static bool is_docker_hub(const char *registry)
{
	return STR_EQ(registry, "docker.io") || STR_EQ(registry, "index.docker.io");
}

/* Characters of a reference; a variable that was not filled in is none. */
static bool is_reference(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@+";
	size_t len = strlen(text);

	return len > 0 && len < 512 && strspn(text, allowed) == len;
}

/*
 * Takes an image reference apart. Returns false if the text is none, for example because a variable in it has no value;
 * *ret is of no use then.
 */
bool image_split(struct arena *a, const char *text, struct image_ref *ret)
{
	size_t first, name, whole = strcspn(text, "@");
	const char *rest = text, *colon;

	*ret = (struct image_ref){.registry = NULL};
	if (!is_reference(text))
		return false;
	ret->digest = text[whole] ? arena_strdup(a, text + whole + 1) : NULL;
	rest = arena_strndup(a, text, whole);
	first = strcspn(rest, "/");
	if (rest[first] == '/' && is_registry(rest, first)) {
		ret->registry = arena_strndup(a, rest, first);
		rest += first + 1;
	}
	if (ret->registry && is_docker_hub(ret->registry))
		ret->registry = NULL;
	if (!ret->registry && strncmp(rest, "library/", strlen("library/")) == 0)
		rest += strlen("library/");
	colon = strchr(rest, ':');
	name = colon ? (size_t)(colon - rest) : strlen(rest);
	ret->repository = arena_strndup(a, rest, name);
	ret->tag = colon ? arena_strdup(a, colon + 1) : NULL;
	return name > 0 && (!colon || (colon[1] && !strpbrk(colon + 1, ":/"))) && (!ret->digest || ret->digest[0]);
}

/* Do two references name the same repository in the same registry, whatever their tags? */
bool image_same_repository(struct arena *a, const char *x, const char *y)
{
	struct image_ref one, other;

	if (!image_split(a, x, &one) || !image_split(a, y, &other) || !STR_EQ(one.repository, other.repository))
		return false;
	return one.registry && other.registry ? STR_EQ(one.registry, other.registry) : one.registry == other.registry;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads the numbers of "1.110.2"; *ret->rest is what follows them. */
static bool read_numbers(const char *text, struct image_version *ret)
{
	*ret = (struct image_version){.count = 0};
	while (is_digit(*text) && ret->count < IMAGE_NUMBERS) {
		int64_t n = 0;
		size_t digits = 0;

		for (; is_digit(*text); text++, digits++)
			n = digits < 12 ? n * 10 + (*text - '0') : n;
		if (digits > 12)
			return false;
		ret->number[ret->count++] = n;
		ret->rest = text;
		if (text[0] != '.' || !is_digit(text[1]))
			break;
		text++;
	}
	return ret->count > 0;
}

/* Start of the version: "main-v1.83.0-stable" has one too. NULL: none of the tag's words is a version. */
static const char *version_start(const char *tag)
{
	for (const char *word = tag; word; word = strchr(word, '-')) {
		word += *word == '-';
		if (is_digit(word[word[0] == 'v']))
			return word + (word[0] == 'v');
	}
	return NULL;
}

/* The version in a tag. Returns false if it has none, as "latest" and "main-stable". */
bool image_version(const char *tag, struct image_version *ret)
{
	const char *start = version_start(tag);

	return start && read_numbers(start, ret);
}

/* The release line of a tag, its first two numbers: "v1.110.2" is "1.110". NULL: it has no two. */
const char *image_line(struct arena *a, const char *tag)
{
	struct image_version v;

	if (!image_version(tag, &v) || v.count < 2)
		return NULL;
	return arena_printf(a, "%lld.%lld", (long long)v.number[0], (long long)v.number[1]);
}

static bool begins_with(const struct image_version *v, const struct image_version *line)
{
	if (v->count < line->count)
		return false;
	for (size_t i = 0; i < line->count; i++)
		if (v->number[i] != line->number[i])
			return false;
	return true;
}

/*
 * Is the tag of this release line? Looks at each word of it, for one image may carry the version of another:
 * "0.8.6-pg16-bookworm" is of PostgreSQL's line 16.
 */
bool image_in_line(const char *tag, const char *line)
{
	struct image_version want, v;

	if (!read_numbers(line, &want))
		return false;
	for (const char *word = tag; word; word = strchr(word, '-')) {
		word += *word == '-';
		word += strspn(word, "abcdefghijklmnopqrstuvwxyz");
		if (read_numbers(word, &v) && begins_with(&v, &want))
			return true;
	}
	return false;
}

/* A build from before the release of that number: its age is not that of the release. */
static bool is_early(const char *rest)
{
	static const char *const words[] = {"rc", "dev", "nightly", "alpha", "beta", "pre"};

	rest += strspn(rest, ".-_");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(rest, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/*
 * Is the tag older or newer than another of the same image? Unknown where that cannot be told from the tags: no
 * version, a rolling one ("16", "1.30"), or a build from before a release of the same number.
 */
enum image_age image_age(const char *tag, const char *than)
{
	struct image_version v, other;

	if (!image_version(tag, &v) || !image_version(than, &other))
		return IMAGE_AGE_UNKNOWN;
	for (size_t i = 0; i < v.count && i < other.count; i++)
		if (v.number[i] != other.number[i])
			return v.number[i] < other.number[i] ? IMAGE_OLDER : IMAGE_NEWER;
	return v.count == other.count && is_early(v.rest) == is_early(other.rest) ? IMAGE_SAME : IMAGE_AGE_UNKNOWN;
}

/* The value of an "image:" line; *ret_len is 0 if the line is none. */
static const char *image_line_value(const char *line, size_t *ret_len)
{
	const char *value = line + strspn(line, " \t\"'");

	*ret_len = 0;
	if (strncmp(value, "image", strlen("image")) != 0)
		return line;
	value += strlen("image");
	value += strspn(value, "\"'");
	if (*value != ':')
		return line;
	value++;
	value += strspn(value, " \t\"'");
	*ret_len = strcspn(value, " \t\r\n\"'");
	return value;
}

/* Length of the repository in "repository:tag". */
static size_t repository_len(const char *image, size_t len)
{
	for (size_t i = len; i-- > 0 && image[i] != '/';)
		if (image[i] == ':')
			return i;
	return len;
}

/* Does the text have this repository with another tag alone? */
static bool has_moved(const char *text, const char *image, size_t len)
{
	size_t repository = repository_len(image, len);
	bool other = false;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n;
		const char *value = image_line_value(line, &n);

		if (n == len && memcmp(value, image, n) == 0)
			return false;
		other |= n > 0 && repository_len(value, n) == repository && memcmp(value, image, repository) == 0;
	}
	return other;
}

/* Does an image change its tag between two texts of a compose file? Lines that come or go do not count. */
bool image_lines_moved(const char *before, const char *after)
{
	for (const char *line = before; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n;
		const char *value = image_line_value(line, &n);

		if (n > 0 && has_moved(after, value, n))
			return true;
	}
	return false;
}

/* A variant is told by what stands behind the version. LiteLLM's "-stable" until 1.84 was none. */
static const char *kind_of(const struct image_version *v)
{
	size_t n = strlen("-stable");

	return strncmp(v->rest, "-stable", n) == 0 && (v->rest[n] == '\0' || v->rest[n] == '.') ? "" : v->rest;
}

static bool same_kind(const char *tag, const char *of)
{
	struct image_version v, other;

	return image_version(tag, &v) && image_version(of, &other) && STR_EQ(kind_of(&v), kind_of(&other));
}

/* "main-slim" moves to the newest image of the variant whose tags end so. */
static bool rolls_to(const char *tag, const struct image_row *row)
{
	struct image_version v, of;
	size_t n = strlen(tag), k;

	if (!row->variant || image_version(tag, &v) || !image_version(row->tag, &of))
		return false;
	k = strlen(of.rest);
	return k > 1 && ((n >= k && STR_EQ(tag + n - k, of.rest)) || STR_EQ(tag, of.rest + 1));
}

static bool was_written(const struct image_row *row, const char *tag)
{
	for (size_t i = 0; i < row->earlier_count; i++)
		if (STR_EQ(row->earlier[i], tag))
			return true;
	return STR_EQ(row->tag, tag);
}

const struct image_row *image_row_of(struct arena *a, const struct image_set *set, const char *service,
				     const struct image_ref *ref)
{
	const char *name = arena_printf(a, "%s%s%s", ref->registry ? ref->registry : "", ref->registry ? "/" : "",
					ref->repository);

	for (size_t i = 0; ref->tag && i < set->count; i++) {
		const struct image_row *row = &set->items[i];

		if (STR_EQ(row->service, service) && image_same_repository(a, name, row->image) &&
		    (was_written(row, ref->tag) || same_kind(ref->tag, row->tag) || rolls_to(ref->tag, row)))
			return row;
	}
	return NULL;
}

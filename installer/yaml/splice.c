/* SPDX-License-Identifier: MIT */
#include "yaml/splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

static int by_start(const void *a, const void *b)
{
	const struct splice *x = *(const struct splice *const *)a, *y = *(const struct splice *const *)b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* The same place: keep the order of the caller's array. */
	return x < y ? -1 : x > y;
}

static int check(const struct splice *const *order, size_t count, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (order[i]->start < at || order[i]->end < order[i]->start || order[i]->end > len)
			return -EINVAL;
		at = order[i]->end;
	}
	return 0;
}

int splice_apply(const char *text, size_t len, const struct splice *edits, size_t count, struct strbuf *out)
{
	struct arena a = ARENA_INIT;
	const struct splice **order = arena_array(&a, count + 1, sizeof(*order));
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < count; i++)
		order[i] = &edits[i];
	qsort(order, count, sizeof(*order), by_start);
	rc = check(order, count, len);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		strbuf_add(out, text + at, order[i]->start - at);
		strbuf_puts(out, order[i]->text);
		at = order[i]->end;
	}
	if (rc == 0)
		strbuf_add(out, text + at, len - at);
	arena_clear(&a);
	return rc;
}

/* The document that the last edit gave, if it is this text and lives as long as a. */
static struct yaml_doc *as_before(const struct arena *a, const struct yaml_doc *doc, const struct strbuf *text)
{
	struct yaml_doc *last = doc->edited && doc->arena == a ? *doc->edited : NULL;

	return last && last->len == text->len && memcmp(last->text, strbuf_text(text), text->len) == 0 ? last : NULL;
}

static struct yaml_doc *parse(struct arena *a, const struct yaml_doc *doc, const struct strbuf *text)
{
	struct yaml_doc *after =
		yaml_parse_quietly(a, doc->name, arena_strndup(a, strbuf_text(text), text->len), text->len);

	if (after && doc->edited && doc->arena == a)
		*doc->edited = after;
	return after;
}

struct yaml_doc *splice_parsed(struct arena *a, const struct yaml_doc *doc, const struct splice *edits, size_t count)
{
	struct strbuf out = STRBUF_INIT;
	struct yaml_doc *after = NULL;

	if (splice_apply(doc->text, doc->len, edits, count, &out) == 0) {
		after = as_before(a, doc, &out);
		after = after ? after : parse(a, doc, &out);
	}
	strbuf_clear(&out);
	return after;
}

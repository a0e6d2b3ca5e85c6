/* SPDX-License-Identifier: MIT */
#include "compose/take.h"

#include <string.h>

#include "compose/lines.h"
#include "compose/owned.h"
#include "compose/same_tree.h"
#include "yaml/splice.h"

#define MAX_STEPS 8
/* "services/NAME/KEY": what is above belongs to the file, not to a value. */
#define FIRST_OF_SERVICE 2

/* A key on the way, in its mapping. */
struct step {
	const struct yaml_node *room;
	size_t at; /* index of the key in the room's items */
};

/* Steps from the root to the path's value; 0: it is not there, or lines on the way have a second meaning. */
static size_t walk(struct arena *a, const struct yaml_doc *file, const char *path, struct step steps[static MAX_STEPS])
{
	const struct yaml_node *at = file->root;
	size_t count = 0;

	if (!at)
		return 0;
	for (size_t n; *path; path += n + (path[n] == '/')) {
		const char *key = arena_strndup(a, path, n = strcspn(path, "/"));
		size_t i = 0;

		if (at->kind != YAML_MAPPING || count == MAX_STEPS)
			return 0;
		while (i + 1 < at->count && !STR_EQ(at->items[i]->value, key))
			i += 2;
		if (i + 1 >= at->count)
			return 0;
		steps[count++] = (struct step){at, i};
		at = at->items[i + 1];
		if (at->kind == YAML_ALIAS || yaml_anchor(at) || yaml_tag(at))
			return 0;
	}
	return count;
}

static const struct yaml_node *key_of(const struct step *s)
{
	return s->room->items[s->at];
}

static const struct yaml_node *value_of(const struct step *s)
{
	return s->room->items[s->at + 1];
}

static bool is_own_comment(struct arena *a, const void *context, const char *comment)
{
	(void)a, (void)context;
	return strncmp(comment, OWNED_MARK, strlen(OWNED_MARK)) == 0;
}

/* Is there nothing but blanks and commas between two bytes? A comment in between is somebody's. */
static bool is_blank(const struct yaml_doc *file, size_t from, size_t to)
{
	return strspn(file->text + from, ", \t\r\n") >= to - from;
}

/* In "{a: 1, b: 2}". */
static bool splice_flow(const struct yaml_doc *file, const struct step *s, struct splice *ret)
{
	const struct yaml_node *room = s->room;
	size_t key = key_of(s)->start, end = value_of(s)->end;

	if (s->at > 0) {
		size_t before = room->items[s->at - 1]->end;

		*ret = (struct splice){before, end, ""};
		return is_blank(file, before, key);
	}
	if (room->count <= 2)
		return false;
	*ret = (struct splice){key, room->items[2]->start, ""};
	return is_blank(file, end, room->items[2]->start);
}

/* Whole lines; comments of a person that stand on them stay, each on a line of its own. */
static bool splice_block(struct arena *a, const struct yaml_doc *file, const struct step *s, struct splice *ret)
{
	const struct yaml_node *key = key_of(s), *value = value_of(s);
	size_t start = lines_start(file, key->start);

	*ret = (struct splice){start, lines_pair_end(file, key, value),
			       lines_kept_comments(a, file, key, value, is_own_comment, NULL)};
	return start + strspn(file->text + start, " ") == key->start;
}

/*
 * Returns the file without the value at "services/NAME/KEY/...", and without the keys above it that nothing else is
 * below. The comment "# vpsfit:" behind it goes with it. NULL if that would change anything else.
 */
const struct yaml_doc *take_value(struct arena *a, const struct yaml_doc *file, const char *path)
{
	struct step steps[MAX_STEPS];
	size_t count = walk(a, file, path, steps);
	struct splice edit = {0, 0, NULL};
	const struct yaml_node *gone;
	const struct yaml_doc *after;
	const struct step *s;

	if (count <= FIRST_OF_SERVICE)
		return NULL;
	s = &steps[count - 1];
	while (s > &steps[FIRST_OF_SERVICE] && s->room->count == 2)
		s--;
	/* A service of nothing else is none. */
	if (s->room->count == 2)
		return NULL;
	if (s->room->style == YAML_FLOW ? !splice_flow(file, s, &edit) : !splice_block(a, file, s, &edit))
		return NULL;
	gone = value_of(s);
	after = splice_parsed(a, file, &edit, 1);
	return after && same_tree(after, file, NULL, 0, &gone, 1) ? after : NULL;
}

/* SPDX-License-Identifier: MIT */
#include "compose/piece.h"

#include <string.h>

#include "compose/lines.h"
#include "compose/owned.h"
#include "compose/same_tree.h"
#include "core/strbuf.h"
#include "yaml/splice.h"

/* Where a piece is, or would be. For an entry, key and value are the same node. */
struct spot {
	const struct yaml_node *room; /* the mapping or the list; NULL: no place */
	const struct yaml_node *key;
	const struct yaml_node *value; /* NULL: absent */
};

/* The node at the path, if no anchor or alias on the way gives its lines a second meaning; NULL: none. */
static const struct yaml_node *reach(struct arena *a, const struct yaml_doc *doc, const char *path)
{
	const struct yaml_node *at = doc->root;

	for (size_t n; at && *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		at = at->kind == YAML_MAPPING ? yaml_get(at, arena_strndup(a, path, n)) : NULL;
		if (at && (yaml_anchor(at) || yaml_tag(at) || at->kind == YAML_ALIAS))
			return NULL;
	}
	return at;
}

static const char *last_key(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* "SOURCE:TARGET:ro" also has a long form, a mapping with both. */
static bool is_long_form(struct arena *a, const struct yaml_node *n, const char *entry)
{
	size_t source = strcspn(entry, ":"), target = entry[source] ? strcspn(entry + source + 1, ":") : 0;
	const struct yaml_node *from = yaml_get(n, "source"), *to = yaml_get(n, "target");

	return target > 0 && yaml_is_scalar(from) && yaml_is_scalar(to) &&
	       STR_EQ(from->value, arena_strndup(a, entry, source)) &&
	       STR_EQ(to->value, arena_strndup(a, entry + source + 1, target));
}

static bool is_entry(struct arena *a, const struct yaml_node *n, const char *entry)
{
	return n->kind == YAML_SCALAR ? STR_EQ(n->value, entry) : n->kind == YAML_MAPPING && is_long_form(a, n, entry);
}

static struct spot spot_of(struct arena *a, const struct piece *p, const struct yaml_doc *doc)
{
	const char *path = doc == p->from && p->from_path ? p->from_path : p->path, *key = last_key(path);
	const struct yaml_node *room =
		reach(a, doc, p->entry ? path : arena_strndup(a, path, (size_t)(key - path - 1)));
	struct spot s = {.room = room};

	if (!room || room->kind != (p->entry ? YAML_SEQUENCE : YAML_MAPPING))
		return (struct spot){NULL, NULL, NULL};
	for (size_t i = 0; p->entry && i < room->count; i++)
		if (is_entry(a, room->items[i], p->entry))
			s.key = s.value = room->items[i];
	for (size_t i = 0; !p->entry && i + 1 < room->count; i += 2)
		if (STR_EQ(room->items[i]->value, key)) {
			s.key = room->items[i];
			s.value = room->items[i + 1];
		}
	return s;
}

/* The same values, in whatever style they are written. Nesting is bounded by YAML_MAX_DEPTH. */
static bool same_values(const struct yaml_node *x, const struct yaml_node *y)
{
	if (x->kind != y->kind || x->count != y->count)
		return false;
	if (x->kind == YAML_SCALAR || x->kind == YAML_ALIAS)
		return STR_EQ(x->value, y->value);
	for (size_t i = 0; i < x->count; i++)
		if (!same_values(x->items[i], y->items[i]))
			return false;
	return true;
}

/* Is the piece in the file? Texts are allocated from a. */
enum piece_fate piece_find(struct arena *a, const struct piece *p, const struct yaml_doc *file)
{
	const struct spot is = spot_of(a, p, file), shipped = spot_of(a, p, p->from);
	bool same;

	if (!is.room)
		return PIECE_NO_PLACE;
	if (!is.value || p->entry)
		return is.value ? PIECE_THERE : PIECE_ABSENT;
	same = p->text ? yaml_is_scalar(is.value) && STR_EQ(is.value->value, p->text)
		       : shipped.value && same_values(is.value, shipped.value);
	return same ? PIECE_THERE : PIECE_OTHER;
}

static bool is_line(const char *text, const char *line)
{
	size_t n = strcspn(text, "\r\n");

	return n == strcspn(line, "\r\n") && memcmp(text, line, n) == 0;
}

/* Did the comment, from its "#" to the end of its line, come with the piece? */
static bool is_own_comment(struct arena *a, const void *context, const char *text)
{
	const struct piece *p = context;
	const struct spot shipped = spot_of(a, p, p->from);
	const struct yaml_doc *doc = p->from;
	size_t end = shipped.key ? lines_start(doc, shipped.key->start) : 0;

	if (strncmp(text, OWNED_MARK, strlen(OWNED_MARK)) == 0 || (p->comment && is_line(text, p->comment)))
		return true;
	for (size_t at = shipped.key ? lines_comments_above(doc, end) : 0; at < end; at = lines_next(doc, at))
		if (is_line(text, doc->text + at + strspn(doc->text + at, " ")))
			return true;
	return false;
}

/* Start of those comment lines above that came with the piece. */
static size_t own_comments_above(struct arena *a, const struct piece *p, const struct yaml_doc *file, size_t start)
{
	size_t top = lines_comments_above(file, start);

	while (start > top) {
		size_t above = lines_start(file, start - 1);

		if (!is_own_comment(a, p, file->text + above + strspn(file->text + above, " ")))
			break;
		start = above;
	}
	return start;
}

/* Is the item's dash the first thing on its line? *ret is its indentation. */
static bool dash_of(const struct yaml_doc *doc, const struct yaml_node *item, size_t *ret)
{
	size_t start = lines_start(doc, item->start);

	*ret = strspn(doc->text + start, " ");
	return doc->text[start + *ret] == '-';
}

/* In "[a, b]": from the item before it to its own end, where nothing but a comma is between. */
static bool take_from_flow(const struct yaml_doc *doc, const struct spot *s, struct splice *ret)
{
	for (size_t i = 1; i < s->room->count; i++) {
		const struct yaml_node *before = s->room->items[i - 1];

		if (s->room->items[i] != s->value)
			continue;
		*ret = (struct splice){before->end, s->value->end, ""};
		return strspn(doc->text + before->end, ", \t\r\n") >= s->value->start - before->end;
	}
	return false;
}

/* Takes out what is at the spot. NULL if that would change anything else. */
static const struct yaml_doc *take_spot(struct arena *a, const struct piece *p, const struct yaml_doc *file,
					const struct spot *s)
{
	struct splice edit = {0, 0, NULL};
	const struct yaml_doc *after;
	size_t indent, start;

	if (s->room->style == YAML_FLOW) {
		if (!p->entry || !take_from_flow(file, s, &edit))
			return NULL;
	} else {
		if (p->entry && !dash_of(file, s->value, &indent))
			return NULL;
		start = own_comments_above(a, p, file, lines_start(file, s->key->start));
		edit = (struct splice){start, lines_pair_end(file, s->key, s->value),
				       lines_kept_comments(a, file, s->key, s->value, is_own_comment, p)};
	}
	after = splice_parsed(a, file, &edit, 1);
	return after && same_tree(after, file, NULL, 0, &s->value, 1) ? after : NULL;
}

/* Returns the file without the piece, which is in it. NULL if that would change anything else. */
const struct yaml_doc *piece_take(struct arena *a, const struct piece *p, const struct yaml_doc *file)
{
	const struct spot s = spot_of(a, p, file);

	return s.value ? take_spot(a, p, file, &s) : NULL;
}

/* Where the lines of a key go: behind the key that the shipped file has before it, else at the end. */
static size_t after_neighbour(const struct yaml_doc *file, const struct spot *is, const struct spot *shipped)
{
	const struct yaml_node *room = is->room, *last = room->items[room->count - 2];
	const struct yaml_node *value = room->items[room->count - 1];
	bool found = false;

	for (size_t i = shipped->room->count; i >= 2 && !found; i -= 2) {
		const struct yaml_node *key = shipped->room->items[i - 2];

		for (size_t k = 0; key->start < shipped->key->start && k + 1 < room->count && !found; k += 2) {
			found = STR_EQ(room->items[k]->value, key->value);
			last = found ? room->items[k] : last;
			value = found ? room->items[k + 1] : value;
		}
	}
	return lines_pair_end(file, last, value);
}

static bool put_in_block(struct arena *a, const struct piece *p, const struct yaml_doc *file, const struct spot *is,
			 const struct spot *shipped, struct splice *ret)
{
	const struct yaml_node *room = is->room;
	struct strbuf out = STRBUF_INIT;
	const char *end = lines_end_of(file);
	size_t at, indent = room->items[0]->col - 1;

	if (p->entry && !dash_of(file, room->items[room->count - 1], &indent))
		return false;
	at = p->entry ? lines_pair_end(file, room->items[room->count - 1], room->items[room->count - 1])
		      : after_neighbour(file, is, shipped);
	if (at > 0 && file->text[at - 1] != '\n')
		strbuf_puts(&out, end);
	lines_copy(p->from, shipped->key, shipped->value, indent, end, &out);
	*ret = (struct splice){at, at, arena_strdup(a, strbuf_text(&out))};
	strbuf_clear(&out);
	return true;
}

/* Returns the file with the piece, in place of another value of its key. NULL if that would change anything else. */
const struct yaml_doc *piece_put(struct arena *a, const struct piece *p, const struct yaml_doc *file)
{
	struct spot is = spot_of(a, p, file), shipped = spot_of(a, p, p->from), now;
	const struct yaml_doc *after;
	struct splice edit = {0, 0, NULL};

	if (is.value) {
		file = take_spot(a, p, file, &is);
		is = file ? spot_of(a, p, file) : (struct spot){NULL, NULL, NULL};
	}
	if (!is.room || is.room->count == 0 || !shipped.value)
		return NULL;
	if (is.room->style != YAML_FLOW) {
		if (!put_in_block(a, p, file, &is, &shipped, &edit))
			return NULL;
	} else if (p->entry) {
		edit.start = edit.end = is.room->items[is.room->count - 1]->end;
		edit.text = arena_printf(a, ", \"%s\"", p->entry);
	} else {
		return NULL;
	}
	after = splice_parsed(a, file, &edit, 1);
	now = after ? spot_of(a, p, after) : (struct spot){NULL, NULL, NULL};
	return now.value && same_tree(file, after, NULL, 0, &now.value, 1) && piece_find(a, p, after) == PIECE_THERE
		       ? after
		       : NULL;
}

const char *piece_text(struct arena *a, const struct piece *p)
{
	const struct spot shipped = spot_of(a, p, p->from);

	if (p->entry || !shipped.value)
		return p->entry ? p->entry : p->text;
	return arena_strndup(a, p->from->text + shipped.value->start, shipped.value->end - shipped.value->start);
}

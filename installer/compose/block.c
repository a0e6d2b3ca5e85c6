/* SPDX-License-Identifier: MIT */
#include "compose/block.h"

#include <errno.h>
#include <string.h>

#include "compose/lines.h"
#include "compose/same_tree.h"
#include "core/i18n.h"
#include "yaml/splice.h"

#define MAX_PARTS 32

/* A part of a block: one key with its value. */
struct part {
	const char *parent; /* path of the mapping that it belongs in */
	const char *path;   /* its own path */
	const struct yaml_node *key;
	const struct yaml_node *value;
};

struct parts {
	struct part items[MAX_PARTS];
	size_t count;
};

static void add_pairs(struct arena *a, struct parts *ret, const char *parent, const struct yaml_node *map,
		      const char *only, const char *without)
{
	for (size_t i = 0; map && map->kind == YAML_MAPPING && i + 1 < map->count; i += 2) {
		const char *key = map->items[i]->value;

		if ((only && !STR_EQ(key, only)) || (without && STR_EQ(key, without)) || ret->count == MAX_PARTS)
			continue;
		ret->items[ret->count++] =
			(struct part){parent, arena_printf(a, "%s/%s", parent, key), map->items[i], map->items[i + 1]};
	}
}

/* The parts: the service as a whole, and the entries of mappings of other services and of the top level. */
static void parts_of(struct arena *a, const struct block *b, struct parts *ret)
{
	const struct yaml_node *root = b->doc->root;

	ret->count = 0;
	for (size_t i = 0; root && root->kind == YAML_MAPPING && i + 1 < root->count; i += 2) {
		const struct yaml_node *section = root->items[i + 1];
		const char *name = root->items[i]->value;

		if (b->alone && !STR_EQ(name, "services"))
			continue;
		if (!STR_EQ(name, "services")) {
			add_pairs(a, ret, name, section, NULL, NULL);
			continue;
		}
		for (size_t k = 0; k + 1 < section->count; k += 2) {
			const char *service = section->items[k]->value;
			const struct yaml_node *keys = section->items[k + 1];

			if (b->service && STR_EQ(service, b->service)) {
				add_pairs(a, ret, name, section, service, NULL);
				continue;
			}
			if (b->alone)
				continue;
			for (size_t n = 0; n + 1 < keys->count; n += 2)
				add_pairs(a, ret, arena_printf(a, "%s/%s/%s", name, service, keys->items[n]->value),
					  keys->items[n + 1], NULL, NULL);
		}
	}
}

static int refuse(const struct block *b, struct diag_list *diags, const struct yaml_node *at, const char *why)
{
	yaml_diag(diags, SEV_ERROR, b->doc, at ? at : b->doc->root, "%s", why);
	return -EINVAL;
}

/* A mapping with each pair on its own lines. */
static bool has_lines(const struct yaml_node *n)
{
	return n && n->kind == YAML_MAPPING && n->style == YAML_BLOCK && n->count > 0;
}

static int check_service_in(const struct block *b, struct diag_list *diags, const struct yaml_node *key,
			    const struct yaml_node *value)
{
	bool own = b->service && STR_EQ(key->value, b->service);

	if (!has_lines(value))
		return refuse(b, diags, key, _("a service's keys must stand below it, each on a line of its own"));
	if (own && !yaml_get(value, "image") && !yaml_get(value, "build"))
		return refuse(b, diags, key, _("the service has neither an image nor a build"));
	for (size_t i = 0; !own && i + 1 < value->count; i += 2)
		if (!has_lines(value->items[i + 1]))
			return refuse(b, diags, value->items[i],
				      _("of another service a block brings entries of mappings alone, such as "
					"environment, each on a line of its own"));
	return 0;
}

int block_check(const struct block *b, struct diag_list *diags)
{
	const struct yaml_node *root = b->doc->root, *services = yaml_get(root, "services");
	struct arena scratch = ARENA_INIT;
	struct parts parts;
	bool full;

	if (!has_lines(root) || !has_lines(services) || (b->service && !yaml_get(services, b->service))) {
		diag_add(diags, SEV_ERROR, b->doc->name, _("has no service '%s'"), b->service ? b->service : "");
		return -EINVAL;
	}
	for (size_t i = 0; i + 1 < root->count; i += 2)
		if (!has_lines(root->items[i + 1]))
			return refuse(b, diags, root->items[i],
				      _("a section must be a mapping, one line for each key"));
	for (size_t i = 0; i + 1 < services->count; i += 2)
		if (check_service_in(b, diags, services->items[i], services->items[i + 1]) < 0)
			return -EINVAL;
	parts_of(&scratch, b, &parts);
	full = parts.count == MAX_PARTS;
	arena_clear(&scratch);
	return full ? refuse(b, diags, root, _("a block brings fewer things than that")) : 0;
}

static bool is_owned(const struct block *b, const char *path)
{
	for (size_t i = 0; i < b->owned_count; i++)
		if (STR_EQ(b->owned[i].path, path) && b->owned[i].place == OWNED_SCALAR)
			return true;
	return false;
}

/* The word before an owned value in the list at path; NULL: the list has none. */
static const char *owned_word(const struct block *b, const char *path)
{
	for (size_t i = 0; i < b->owned_count; i++)
		if (STR_EQ(b->owned[i].path, path) && b->owned[i].place == OWNED_WORD)
			return b->owned[i].word;
	return NULL;
}

static bool same(struct arena *a, const struct block *b, const char *path, const struct yaml_node *x,
		 const struct yaml_node *y);

static bool same_lists(struct arena *a, const struct block *b, const char *path, const struct yaml_node *x,
		       const struct yaml_node *y)
{
	const char *word = owned_word(b, path);

	if (x->count != y->count)
		return false;
	for (size_t i = 0; i < x->count; i++) {
		bool behind = i > 0 && word && yaml_is_scalar(x->items[i - 1]) && STR_EQ(x->items[i - 1]->value, word);

		if (!behind && !same(a, b, "", x->items[i], y->items[i]))
			return false;
	}
	return true;
}

/* Is there nothing but owned values below? They may be absent: with --limits off sizes are. */
static bool is_all_owned(struct arena *a, const struct block *b, const char *path, const struct yaml_node *x)
{
	if (is_owned(b, path) || x->kind != YAML_MAPPING)
		return is_owned(b, path);
	for (size_t i = 0; i + 1 < x->count; i += 2)
		if (!is_all_owned(a, b, arena_printf(a, "%s/%s", path, x->items[i]->value), x->items[i + 1]))
			return false;
	return true;
}

static bool same_mappings(struct arena *a, const struct block *b, const char *path, const struct yaml_node *x,
			  const struct yaml_node *y)
{
	size_t absent = 0;

	for (size_t i = 0; i + 1 < x->count; i += 2) {
		const char *below = arena_printf(a, "%s/%s", path, x->items[i]->value);
		const struct yaml_node *other = yaml_get(y, x->items[i]->value);

		if (!other && !is_all_owned(a, b, below, x->items[i + 1]))
			return false;
		if (other && !same(a, b, below, x->items[i + 1], other))
			return false;
		absent += other ? 0 : 2;
	}
	return x->count == y->count + absent;
}

/* Does y equal x, owned values aside? Nesting is bounded by YAML_MAX_DEPTH. */
static bool same(struct arena *a, const struct block *b, const char *path, const struct yaml_node *x,
		 const struct yaml_node *y)
{
	if (is_owned(b, path))
		return true;
	if (x->kind != y->kind)
		return false;
	if (x->kind == YAML_MAPPING)
		return same_mappings(a, b, path, x, y);
	if (x->kind == YAML_SEQUENCE)
		return same_lists(a, b, path, x, y);
	return STR_EQ(x->value, y->value);
}

static const struct yaml_node *found(const struct yaml_doc *file, const struct part *p)
{
	const struct yaml_node *parent = file->root ? yaml_path(file->root, p->parent) : NULL;

	return parent && parent->kind == YAML_MAPPING ? yaml_get(parent, p->key->value) : NULL;
}

enum block_fate block_find(struct arena *a, const struct block *b, const struct yaml_doc *file, const char **ret_where)
{
	struct parts parts;
	size_t there = 0;

	parts_of(a, b, &parts);
	for (size_t i = 0; i < parts.count; i++) {
		const struct yaml_node *is = found(file, &parts.items[i]);

		if (!is)
			continue;
		if (!same(a, b, parts.items[i].path, parts.items[i].value, is)) {
			*ret_where = parts.items[i].path;
			return BLOCK_OTHER;
		}
		there++;
	}
	return there == 0 ? BLOCK_ABSENT : there < parts.count ? BLOCK_PART : BLOCK_WHOLE;
}

const char *block_elsewhere(struct arena *a, const struct block *b, const struct yaml_doc *file,
			    const struct yaml_doc *merged)
{
	struct parts parts;

	parts_of(a, b, &parts);
	for (size_t i = 0; i < parts.count; i++)
		if (!found(file, &parts.items[i]) && found(merged, &parts.items[i]))
			return parts.items[i].path;
	return NULL;
}

/* The mapping that a part goes in; NULL: lines cannot be appended to it. */
static const struct yaml_node *room_for(const struct yaml_doc *file, const struct part *p)
{
	const struct yaml_node *at = file->root;
	const char *path = p->parent;

	for (size_t n; at && *path; path += n + (path[n] == '/')) {
		const struct yaml_node *next = NULL;

		n = strcspn(path, "/");
		for (size_t i = 0; at->kind == YAML_MAPPING && i + 1 < at->count; i += 2)
			if (strlen(at->items[i]->value) == n && strncmp(at->items[i]->value, path, n) == 0)
				next = at->items[i + 1];
		if (next && (yaml_anchor(next) || next->kind != YAML_MAPPING))
			return NULL;
		at = next;
	}
	return at && at->style == YAML_BLOCK && at->count > 0 ? at : NULL;
}

static bool is_service(const struct part *p)
{
	return STR_EQ(p->parent, "services");
}

/* The edit that inserts a part; false if there is no room for it. */
static bool put_part(struct arena *a, const struct block *b, const struct yaml_doc *file, const struct part *p,
		     struct splice *ret)
{
	const struct yaml_node *room = room_for(file, p);
	struct strbuf out = STRBUF_INIT;
	const char *end = lines_end_of(file);
	size_t at;

	if (!room || room->items[0]->col == 0)
		return false;
	at = lines_pair_end(file, room->items[room->count - 2], room->items[room->count - 1]);
	if (at > 0 && file->text[at - 1] != '\n')
		strbuf_puts(&out, end);
	if (is_service(p))
		strbuf_puts(&out, end);
	lines_copy(b->doc, p->key, p->value, room->items[0]->col - 1, end, &out);
	*ret = (struct splice){at, at, arena_strdup(a, strbuf_text(&out))};
	strbuf_clear(&out);
	return true;
}

/* Is the longer text the shorter one plus the missing parts, and nothing else? */
static bool is_sum(const struct yaml_doc *less, const struct yaml_doc *more, const struct parts *parts)
{
	const struct yaml_node *added[2 * MAX_PARTS];
	size_t n = 0;

	for (size_t i = 0; i < parts->count; i++)
		if (!found(less, &parts->items[i]) && found(more, &parts->items[i]))
			added[n++] = found(more, &parts->items[i]);
	return same_tree(less, more, NULL, 0, added, n);
}

static bool proved(struct arena *a, const struct block *b, const struct yaml_doc *less, const struct yaml_doc *more,
		   const struct parts *parts)
{
	const char *where;

	return is_sum(less, more, parts) && block_find(a, b, more, &where) != BLOCK_OTHER;
}

const struct yaml_doc *block_put(struct arena *a, const struct block *b, const struct yaml_doc *file,
				 const char **ret_where)
{
	struct splice edits[MAX_PARTS];
	const struct yaml_doc *after;
	struct parts parts;
	size_t count = 0;

	parts_of(a, b, &parts);
	*ret_where = b->service ? b->service : "services";
	for (size_t i = 0; i < parts.count; i++) {
		if (found(file, &parts.items[i]))
			continue;
		if (!put_part(a, b, file, &parts.items[i], &edits[count++])) {
			*ret_where = parts.items[i].path;
			return NULL;
		}
	}
	after = splice_parsed(a, file, edits, count);
	if (!after || block_find(a, b, after, ret_where) != BLOCK_WHOLE || !proved(a, b, file, after, &parts))
		return NULL;
	return after;
}

/* Start of those comment lines above the pair that are the block's own, from the nearest one up. */
static size_t own_comments_above(const struct block *b, const struct part *p, const struct yaml_doc *file, size_t start)
{
	size_t mine = lines_start(b->doc, p->key->start), top = lines_comments_above(b->doc, mine);

	while (start > 0 && mine > top) {
		size_t above = lines_start(file, start - 1), line = lines_start(b->doc, mine - 1);
		const char *x = file->text + above, *y = b->doc->text + line;

		x += strspn(x, " ");
		y += strspn(y, " ");
		if (strcspn(x, "\r\n") != strcspn(y, "\r\n") || strncmp(x, y, strcspn(y, "\r\n")) != 0)
			break;
		start = above;
		mine = line;
	}
	return start;
}

/* Did the comment come with the block or an owned value? */
static bool is_own_comment(struct arena *a, const void *context, const char *text)
{
	const struct block *b = context;
	size_t n = strcspn(text, "\r\n");

	(void)a;
	if (strncmp(text, OWNED_MARK, strlen(OWNED_MARK)) == 0)
		return true;
	for (const char *at = strchr(b->doc->text, '#'); at; at = strchr(at + 1, '#'))
		if (strcspn(at, "\r\n") == n && memcmp(at, text, n) == 0)
			return true;
	return false;
}

static struct splice take_part(struct arena *a, const struct block *b, const struct part *p,
			       const struct yaml_doc *file, const struct yaml_node *key, const struct yaml_node *value)
{
	size_t start = own_comments_above(b, p, file, lines_start(file, key->start));
	const char *kept = lines_kept_comments(a, file, key, value, is_own_comment, b);

	if (!kept[0] && is_service(p) && start > 0 && lines_is_blank(file, lines_start(file, start - 1)))
		start = lines_start(file, start - 1);
	return (struct splice){start, lines_pair_end(file, key, value), kept};
}

const struct yaml_doc *block_take_edited(struct arena *a, const struct block *b, const struct yaml_doc *file)
{
	struct splice edits[MAX_PARTS];
	const struct yaml_doc *after;
	struct parts parts;
	size_t count = 0;

	parts_of(a, b, &parts);
	for (size_t i = 0; i < parts.count; i++) {
		const struct yaml_node *room = found(file, &parts.items[i]) ? room_for(file, &parts.items[i]) : NULL;

		if (found(file, &parts.items[i]) && !room)
			return NULL;
		for (size_t k = 0; room && k + 1 < room->count; k += 2)
			if (STR_EQ(room->items[k]->value, parts.items[i].key->value))
				edits[count++] =
					take_part(a, b, &parts.items[i], file, room->items[k], room->items[k + 1]);
	}
	after = splice_parsed(a, file, edits, count);
	return after && is_sum(after, file, &parts) ? after : NULL;
}

const struct yaml_doc *block_take(struct arena *a, const struct block *b, const struct yaml_doc *file)
{
	const char *where;

	return block_find(a, b, file, &where) == BLOCK_OTHER ? NULL : block_take_edited(a, b, file);
}

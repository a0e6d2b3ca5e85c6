#include "stack/edit.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "stack/insert.h"
#include "stack/same_tree.h"
#include "yaml/splice.h"

#define MARK "# vpsfit:"

/* Finds the owned values of `file` in its tree, which is borrowed. Everything else is allocated from a. */
void edit_find(struct arena *a, const struct yaml_doc *doc, const char *file, const struct owned_value *owned,
	       size_t owned_count, struct edit_file *ret)
{
	struct edit_file f = {.doc = doc};

	for (size_t i = 0; i < owned_count; i++) {
		struct place p;

		if (!STR_EQ(owned[i].file, file))
			continue;
		p = place_find(a, doc, &owned[i]);
		f.edits[f.count++] = (struct edit){&owned[i], p, p.current, false};
	}
	*ret = f;
}

/* The value in the quotes that stand there; digits and sizes need no escapes in any of them. */
static const char *quoted_like(struct arena *a, const struct place *p, const char *value)
{
	bool whole = p->start == p->node->start && p->end == p->node->end;

	if (whole && p->node->style == YAML_DOUBLE)
		return arena_printf(a, "\"%s\"", value);
	if (whole && p->node->style == YAML_SINGLE)
		return arena_printf(a, "'%s'", value);
	return value;
}

/* The bytes of an owned comment behind the node on its last line, or an empty range where there is none. */
static struct splice comment_range(const char *text, size_t len, const struct yaml_node *n)
{
	size_t start = n->end, end;

	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	/* A block of text ends where the next line begins. */
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED || len - start < strlen(MARK) ||
	    memcmp(text + start, MARK, strlen(MARK)) != 0)
		return (struct splice){n->end, n->end, NULL};
	for (end = start; end < len && text[end] != '\n' && text[end] != '\r'; end++)
		;
	return (struct splice){start, end, NULL};
}

/* Does a value that stands in the file carry vpsfit's comment? */
bool edit_is_marked(const struct edit_file *f, const struct edit *e)
{
	struct splice comment = {0, 0, NULL};

	if (e->place.kind == PLACE_HERE)
		comment = comment_range(f->doc->text, f->doc->len, e->place.node);
	return comment.end > comment.start;
}

static size_t add_splices(struct arena *a, const struct edit_file *f, const struct edit *e, struct splice *out)
{
	const struct place *p = &e->place;
	struct splice comment = comment_range(f->doc->text, f->doc->len, p->node);
	const char *note = arena_printf(a, MARK " %s", e->owned->comment);
	size_t n = 0;

	if (!owned_same(e->owned, e->current))
		out[n++] = (struct splice){p->start, p->end, quoted_like(a, p, e->owned->wanted)};
	if (comment.end > comment.start && (strlen(note) != comment.end - comment.start ||
					    memcmp(note, f->doc->text + comment.start, strlen(note)) != 0))
		out[n++] = (struct splice){comment.start, comment.end, note};
	return n;
}

static int changed_too_much(const struct edit_file *f, struct diag_list *diags)
{
	diag_add(diags, SEV_ERROR, f->doc->name,
		 _("the edit would have changed more than the owned values; nothing was written"))
		->hint = _("change the values by hand; 'vpsfit plan --json' lists them under \"values\"");
	return -EINVAL;
}

/* The values that are there, in one go. *ret is the tree of what is in out then. */
static int change_values(struct arena *a, const struct edit_file *f, struct diag_list *diags, struct strbuf *out,
			 const struct yaml_doc **ret)
{
	struct splice splices[2 * MAX_OWNED] = {{0, 0, NULL}};
	struct tree_change changes[MAX_OWNED];
	size_t count = 0, changed = 0;
	struct yaml_doc *after;

	for (size_t i = 0; i < f->count; i++) {
		const struct edit *e = &f->edits[i];

		if (e->keep || e->place.kind != PLACE_HERE)
			continue;
		if (!owned_same(e->owned, e->current))
			changes[changed++] = (struct tree_change){e->place.node, e->place.expected};
		count += add_splices(a, f, e, splices + count);
	}
	if (splice_apply(f->doc->text, f->doc->len, splices, count, out) < 0)
		return changed_too_much(f, diags);
	*ret = f->doc;
	if (count == 0)
		return 0;
	if (yaml_parse(a, f->doc->name, strbuf_text(out), out->len, diags, &after) < 0 ||
	    !same_tree(f->doc, after, changes, changed, NULL, 0))
		return changed_too_much(f, diags);
	*ret = after;
	return 0;
}

/* One round of insertions into one text, no two at the same place. */
struct round {
	const struct yaml_doc *doc;
	struct splice splices[MAX_OWNED];
	struct place places[MAX_OWNED];
	const struct owned_value *owned[MAX_OWNED];
	size_t count;
};

static bool wants_insert(const struct edit *e)
{
	return !e->keep && e->place.kind == PLACE_MISSING && e->owned->missing == MISSING_INSERT;
}

static void add_insertion(struct arena *a, struct round *r, struct edit *e)
{
	struct place p = place_find(a, r->doc, e->owned);
	struct splice s;

	if (p.kind == PLACE_HERE)
		return; /* an earlier round put it in */
	if (p.kind == PLACE_MISSING && insert_value(a, r->doc, &p, e->owned, &s) < 0)
		p = (struct place){.kind = PLACE_MANUAL, .why = _("the file leaves no safe room for it")};
	if (p.kind != PLACE_MISSING) {
		e->place = p;
		return;
	}
	for (size_t i = 0; i < r->count; i++)
		if (r->splices[i].start == s.start)
			return; /* the next round's */
	r->splices[r->count] = s;
	r->places[r->count] = p;
	r->owned[r->count++] = e->owned;
}

static int check_round(struct arena *a, const struct edit_file *f, const struct round *r, const struct yaml_doc *after,
		       struct diag_list *diags)
{
	const struct yaml_node *added[MAX_OWNED];

	for (size_t i = 0; i < r->count; i++) {
		added[i] = insert_found(a, after, &r->places[i], r->owned[i]);
		if (!added[i])
			return changed_too_much(f, diags);
	}
	return same_tree(r->doc, after, NULL, 0, added, r->count) ? 0 : changed_too_much(f, diags);
}

/*
 * Puts in what is missing. Each round parses what the one before made, so that a block that one value brought takes the
 * next. doc is the tree of text.
 */
static int insert_values(struct arena *a, struct edit_file *f, const struct yaml_doc *doc, struct diag_list *diags,
			 struct strbuf *text)
{
	for (;;) {
		struct round *r = arena_alloc(a, sizeof(*r));
		struct strbuf next = STRBUF_INIT;
		struct yaml_doc *after;

		r->doc = doc;
		for (size_t i = 0; i < f->count; i++)
			if (wants_insert(&f->edits[i]))
				add_insertion(a, r, &f->edits[i]);
		if (r->count == 0)
			return 0;
		if (splice_apply(doc->text, doc->len, r->splices, r->count, &next) < 0 ||
		    yaml_parse(a, doc->name, strbuf_text(&next), next.len, diags, &after) < 0) {
			strbuf_clear(&next);
			return changed_too_much(f, diags);
		}
		strbuf_clear(text);
		*text = next;
		if (check_round(a, f, r, after, diags) < 0)
			return -EINVAL;
		doc = after;
	}
}

/*
 * Puts the edited text into out (empty before): every owned value that is not kept and can be changed in place has its
 * wanted value, missing ones are put in, everything else is byte for byte what it was. The result is parsed again:
 * where the two trees differ in anything but the owned values, -EINVAL and an error, and out must not be used. A value
 * that cannot be put in becomes PLACE_MANUAL.
 */
int edit_render(struct arena *a, struct edit_file *f, struct diag_list *diags, struct strbuf *out)
{
	const struct yaml_doc *doc = f->doc;
	int rc = change_values(a, f, diags, out, &doc);

	return rc < 0 ? rc : insert_values(a, f, doc, diags, out);
}

const char *edit_by_hand(struct arena *a, const struct edit *e)
{
	const struct owned_value *v = e->owned;
	struct strbuf out = STRBUF_INIT;
	const char *path = e->place.path, *text;
	bool in_command = v->place != OWNED_SCALAR && strlen(path) > 8 && STR_EQ(path + strlen(path) - 8, "/command");
	int indent = 0;

	for (size_t n; *path; path += n + (path[n] == '/'), indent += 2) {
		n = strcspn(path, "/");
		strbuf_printf(&out, "%s%*s%.*s:", indent ? "\n" : "", indent, "", (int)n, path);
	}
	if (in_command && v->place == OWNED_WORD)
		strbuf_printf(&out, " [..., -c, %s=%s]", v->word, v->wanted);
	else if (in_command)
		strbuf_printf(&out, " [..., %s, \"%s\"]", v->word, v->wanted);
	else
		strbuf_printf(&out, " \"%s\"", v->wanted);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

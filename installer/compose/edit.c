/* SPDX-License-Identifier: MIT */
#include "compose/edit.h"

#include <string.h>

#include "core/diag.h"
#include "core/i18n.h"
#include "compose/insert.h"
#include "compose/same_tree.h"
#include "yaml/splice.h"

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
		f.edits[f.count++] = (struct edit){.owned = &owned[i], .place = p, .current = p.current};
	}
	*ret = f;
}

/* Does what stands there do, or, where nothing does, is that what is wanted? */
bool edit_is_wanted(const struct edit *e)
{
	return e->current ? owned_same(e->owned, e->current) : e->owned->missing != MISSING_INSERT;
}

/* The value in the quotes that stand there; digits and sizes need no escapes in any of them. */
static const char *in_its_way(struct arena *a, const struct place *p, const char *value)
{
	bool whole = p->start == p->node->start && p->end == p->node->end;
	const char *lead = p->lead ? p->lead : "";

	if (p->quote || (whole && p->node->style == YAML_DOUBLE))
		return arena_printf(a, "%s\"%s\"", lead, value);
	if (whole && p->node->style == YAML_SINGLE)
		return arena_printf(a, "'%s'", value);
	return arena_printf(a, "%s%s", lead, value);
}

/* The bytes of an owned comment behind the node on its last line, or an empty range where there is none. */
static struct splice comment_range(const char *text, size_t len, const struct yaml_node *n)
{
	size_t start = n->end, end;

	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	/* A block of text ends where the next line begins. */
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED || len - start < strlen(OWNED_MARK) ||
	    memcmp(text + start, OWNED_MARK, strlen(OWNED_MARK)) != 0)
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
	const char *note = arena_printf(a, OWNED_MARK " %s", e->owned->comment);
	size_t n = 0;

	if (!edit_is_wanted(e))
		out[n++] = (struct splice){p->start, p->end, in_its_way(a, p, e->owned->wanted)};
	if (comment.end > comment.start && (strlen(note) != comment.end - comment.start ||
					    memcmp(note, f->doc->text + comment.start, strlen(note)) != 0))
		out[n++] = (struct splice){comment.start, comment.end, note};
	return n;
}

static bool changes_here(const struct edit *e)
{
	return !e->keep && e->place.kind == PLACE_HERE;
}

/* Takes the new text into out where it is good. */
static bool taken(bool good, struct strbuf *text, struct strbuf *out)
{
	if (good) {
		strbuf_clear(out);
		*out = *text;
	} else {
		strbuf_clear(text);
	}
	return good;
}

/*
 * Changes the values that are there: all of them (only is NULL), or one. False where that would change anything else;
 * out and *ret stay as they are then.
 */
static bool change(struct arena *a, const struct edit_file *f, const struct edit *only, struct strbuf *out,
		   const struct yaml_doc **ret)
{
	struct splice splices[2 * MAX_OWNED] = {{0, 0, NULL}};
	struct tree_change changes[MAX_OWNED];
	size_t count = 0, changed = 0;
	const struct yaml_doc *after;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < f->count; i++) {
		const struct edit *e = &f->edits[i];

		if (!changes_here(e) || (only && e != only))
			continue;
		if (!edit_is_wanted(e))
			changes[changed++] = (struct tree_change){e->place.node, e->place.expected, e->place.quote};
		count += add_splices(a, f, e, splices + count);
	}
	after = count > 0 ? splice_parsed(a, f->doc, splices, count, &text) : f->doc;
	if (count == 0)
		strbuf_add(&text, f->doc->text, f->doc->len);
	if (!taken(after && same_tree(f->doc, after, changes, changed, NULL, 0), &text, out))
		return false;
	*ret = after;
	return true;
}

/* The values that are there, in one go; a person gets those that cannot be changed alone. Returns the tree of out. */
static const struct yaml_doc *change_values(struct arena *a, struct edit_file *f, struct strbuf *out)
{
	const char *why = _("it cannot be changed without changing something else");
	const struct yaml_doc *doc = f->doc;

	if (change(a, f, NULL, out, &doc))
		return doc;
	for (size_t i = 0; i < f->count; i++)
		if (changes_here(&f->edits[i]) && !change(a, f, &f->edits[i], out, &doc))
			place_make_manual(&f->edits[i].place, why);
	if (change(a, f, NULL, out, &doc))
		return doc;
	for (size_t i = 0; i < f->count; i++)
		if (changes_here(&f->edits[i]))
			place_make_manual(&f->edits[i].place, why);
	strbuf_clear(out);
	strbuf_add(out, f->doc->text, f->doc->len);
	return f->doc;
}

/* One round of insertions into one text, no two at the same place. */
struct round {
	const struct yaml_doc *doc;
	struct edit *edits[MAX_OWNED];
	struct place places[MAX_OWNED];
	struct splice splices[MAX_OWNED]; /* without a text: there is no such way */
	size_t count;
};

static bool wants_insert(const struct edit *e)
{
	return !e->keep && !e->put_in && e->place.kind == PLACE_MISSING && e->owned->missing != MISSING_MANUAL &&
	       !edit_is_wanted(e);
}

static bool insert_at(struct arena *a, struct round *r, size_t i, enum insert_way way)
{
	if (insert_value(a, r->doc, &r->places[i], r->edits[i]->owned, way, &r->splices[i]) == 0)
		return true;
	r->splices[i].text = NULL;
	return false;
}

static void add_insertion(struct arena *a, struct round *r, struct edit *e)
{
	struct place p = place_find(a, r->doc, e->owned);

	if (p.kind != PLACE_MISSING) {
		e->place = p;
		return;
	}
	r->edits[r->count] = e;
	r->places[r->count] = p;
	insert_at(a, r, r->count, INSERT_LAST);
	for (size_t i = 0; i < r->count; i++)
		if (r->splices[i].start == r->splices[r->count].start)
			return; /* the next round's */
	r->count++;
}

/* Makes the round's insertions, `count` of them. False where anything else would change; text and *doc stay as they
 * are. */
static bool put_in(struct arena *a, const struct round *r, size_t count, struct strbuf *text,
		   const struct yaml_doc **doc)
{
	const struct yaml_node *added[MAX_OWNED];
	struct strbuf next = STRBUF_INIT;
	const struct yaml_doc *after;

	for (size_t i = 0; i < count; i++)
		if (!r->splices[i].text)
			return false;
	after = splice_parsed(a, r->doc, r->splices, count, &next);
	for (size_t i = 0; after && i < count; i++) {
		added[i] = insert_found(a, after, &r->places[i], r->edits[i]->owned);
		after = added[i] ? after : NULL;
	}
	if (!taken(after && same_tree(r->doc, after, NULL, 0, added, count) && same_services(r->doc, after), &next,
		   text))
		return false;
	for (size_t i = 0; i < count; i++)
		r->edits[i]->put_in = true;
	*doc = after;
	return true;
}

/* The first of a round alone, in whatever way there is; a person gets it where there is none. */
static void put_in_first(struct arena *a, struct round *r, struct strbuf *text, const struct yaml_doc **doc)
{
	for (int way = 0; way < INSERT_WAYS; way++)
		if (insert_at(a, r, 0, (enum insert_way)way) && put_in(a, r, 1, text, doc))
			return;
	place_make_manual(&r->edits[0]->place, _("the file leaves no safe room for it"));
}

/*
 * Puts in what is missing. Each round parses what the one before made, so that a block that one value brought takes the
 * next. doc is the tree of text. Each round settles one value at least.
 */
static void insert_values(struct arena *a, struct edit_file *f, const struct yaml_doc *doc, struct strbuf *text)
{
	for (;;) {
		struct round *r = arena_alloc(a, sizeof(*r));

		r->doc = doc;
		for (size_t i = 0; i < f->count; i++)
			if (wants_insert(&f->edits[i]))
				add_insertion(a, r, &f->edits[i]);
		if (r->count == 0)
			return;
		if (!put_in(a, r, r->count, text, &doc))
			put_in_first(a, r, text, &doc);
	}
}

/*
 * Puts the edited text into out (empty before): every owned value that is not kept and can be changed in place has its
 * wanted value, missing ones are put in, everything else is byte for byte what it was. Each step is parsed again: what
 * would change anything but the owned values, or the set of services, is not done, and becomes PLACE_MANUAL.
 */
void edit_render(struct arena *a, struct edit_file *f, struct strbuf *out)
{
	insert_values(a, f, change_values(a, f, out), out);
}

/* A service may be called anything: what YAML could take for something else stands in quotes. */
static void add_key(const char *key, struct strbuf *out)
{
	if (yaml_plain_safe(key)) {
		strbuf_puts(out, key);
		return;
	}
	strbuf_putc(out, '"');
	for (const char *c = key; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			strbuf_printf(out, "\\x%02x", (unsigned char)*c);
		else
			strbuf_printf(out, "%s%c", strchr("\"\\", *c) ? "\\" : "", *c);
	strbuf_putc(out, '"');
}

/* Written out, a mapping no longer has what an alias brought: it is said how to keep that. */
static void add_alias_note(const struct yaml_node *n, struct strbuf *out)
{
	if (!n || n->kind != YAML_ALIAS)
		return;
	strbuf_printf(out, " # instead of *%s", n->value);
	if (n->target->kind == YAML_MAPPING)
		strbuf_printf(out, "; \"<<: *%s\" keeps what it brings", n->value);
	else if (n->target->kind == YAML_SEQUENCE)
		strbuf_puts(out, "; with what it lists");
}

static void add_hand_value(const struct edit *e, int indent, struct strbuf *out)
{
	const struct owned_value *v = e->owned;

	if (e->place.form == FORM_ENTRY)
		strbuf_printf(out, "\n%*s- \"" WORKERS_VARIABLE "=%s\"", indent, "", v->wanted);
	else if (e->place.form == FORM_COMMAND && v->place == OWNED_WORD)
		strbuf_printf(out, " [..., -c, %s=%s]", v->word, v->wanted);
	else if (e->place.form == FORM_COMMAND)
		strbuf_printf(out, " [..., %s, \"%s\"]", v->word, v->wanted);
	else
		strbuf_printf(out, " \"%s\"", v->wanted);
}

/* What a person would have to write into the file whose tree is doc, one line for each key. */
const char *edit_by_hand(struct arena *a, const struct yaml_doc *doc, const struct edit *e)
{
	const struct yaml_node *at = doc->root;
	struct strbuf out = STRBUF_INIT;
	const char *path = e->place.path, *text;
	int indent = 0;

	for (size_t n; *path; path += n + (path[n] == '/'), indent += 2) {
		const char *key = arena_strndup(a, path, n = strcspn(path, "/"));

		strbuf_printf(&out, "%s%*s", indent ? "\n" : "", indent, "");
		add_key(key, &out);
		strbuf_putc(&out, ':');
		at = at && at->kind == YAML_ALIAS ? at->target : at;
		at = yaml_get(at, key);
		if (path[n] || e->place.form == FORM_ENTRY)
			add_alias_note(at, &out);
	}
	add_hand_value(e, indent, &out);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

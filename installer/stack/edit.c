#include "stack/edit.h"

#include <errno.h>
#include <string.h>

#include "stack/same_tree.h"
#include "yaml/splice.h"
#include "yaml/tree.h"

#define MARK "# vpsfit:"

/* Where an owned value stands: the scalar node, and how much of its text is a "word=" before the value. */
struct place {
	const struct yaml_node *node;
	size_t prefix;
};

static struct place item_after(const struct yaml_node *list, const char *flag)
{
	for (size_t i = 0; i + 1 < list->count; i++)
		if (yaml_is_scalar(list->items[i]) && STR_EQ(list->items[i]->value, flag) &&
		    yaml_is_scalar(list->items[i + 1]))
			return (struct place){list->items[i + 1], 0};
	return (struct place){NULL, 0};
}

static struct place item_setting(const struct yaml_node *list, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];

		if (yaml_is_scalar(item) && strncmp(item->value, word, n) == 0 && item->value[n] == '=')
			return (struct place){item, n + 1};
	}
	return (struct place){NULL, 0};
}

static struct place locate(const struct yaml_doc *doc, const struct owned_value *v)
{
	const struct yaml_node *node = doc->root ? yaml_path(doc->root, v->path) : NULL;

	if (!node)
		return (struct place){NULL, 0};
	if (v->place == OWNED_SCALAR)
		return (struct place){yaml_is_scalar(node) ? node : NULL, 0};
	if (node->kind != YAML_SEQUENCE)
		return (struct place){NULL, 0};
	return v->place == OWNED_AFTER_FLAG ? item_after(node, v->word) : item_setting(node, v->word);
}

/*
 * Finds the owned values of `file` in text (which `name` stands for in messages). Values that are not there get
 * current == NULL. Everything is allocated from a. Returns 0, or -EINVAL where the text is no good YAML.
 */
int edit_find(struct arena *a, const char *name, const char *text, size_t len, const char *file,
	      const struct owned_value *owned, size_t owned_count, struct diag_list *diags,
	      struct edit_file *ret)
{
	struct edit_file f = {.name = name, .text = text, .len = len};
	struct yaml_doc *doc;

	if (yaml_parse(a, name, text, len, diags, &doc) < 0)
		return -EINVAL;
	for (size_t i = 0; i < owned_count; i++) {
		struct place place;

		if (!STR_EQ(owned[i].file, file))
			continue;
		place = locate(doc, &owned[i]);
		f.edits[f.count++] = (struct edit){
			&owned[i], place.node ? place.node->value + place.prefix : NULL, false};
	}
	f.doc = doc;
	*ret = f;
	return 0;
}

/* The value in the quotes that stand there; digits and sizes need no escapes in any of them. */
static char *quoted_like(struct arena *a, const struct yaml_node *node, const char *value)
{
	if (node->style == YAML_DOUBLE)
		return arena_printf(a, "\"%s\"", value);
	if (node->style == YAML_SINGLE)
		return arena_printf(a, "'%s'", value);
	return arena_strdup(a, value);
}

/* The bytes of an owned comment behind `from` on the same line, or an empty range where there is none. */
static struct splice comment_range(const char *text, size_t len, size_t from)
{
	size_t start = from, end;

	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	if (len - start < strlen(MARK) || memcmp(text + start, MARK, strlen(MARK)) != 0)
		return (struct splice){from, from, NULL};
	for (end = start; end < len && text[end] != '\n' && text[end] != '\r'; end++)
		;
	return (struct splice){start, end, NULL};
}

static size_t add_splices(struct arena *a, const struct edit_file *f, const struct edit *e,
			  const struct place *place, struct splice *out)
{
	const struct yaml_node *node = place->node;
	const char *head = arena_strndup(a, node->value, place->prefix);
	const char *value = arena_printf(a, "%s%s", head, e->owned->wanted);
	struct splice comment = comment_range(f->text, f->len, node->end);
	const char *note = arena_printf(a, MARK " %s", e->owned->comment);
	size_t n = 0;

	if (!STR_EQ(node->value, value))
		out[n++] = (struct splice){node->start, node->end, quoted_like(a, node, value)};
	if (comment.end > comment.start && (strlen(note) != comment.end - comment.start ||
					    memcmp(note, f->text + comment.start, strlen(note)) != 0))
		out[n++] = (struct splice){comment.start, comment.end, note};
	return n;
}

static bool editable(const struct yaml_node *n)
{
	return !n->anchor && !n->tag && n->style != YAML_LITERAL && n->style != YAML_FOLDED;
}

static int not_editable(const struct edit_file *f, const struct edit *e, const struct yaml_doc *doc,
			const struct yaml_node *node, struct diag_list *diags, struct arena *a)
{
	struct diag *d;

	if (node)
		d = yaml_diag(diags, SEV_ERROR, doc, node, "%s cannot be changed in place here; nothing was written",
			      e->owned->label);
	else
		d = diag_add(diags, SEV_ERROR, f->name, "%s is not where vpsfit left it (%s); nothing was written",
			     e->owned->label, e->owned->path);
	d->hint = arena_printf(a, "put it back, with the value %s", e->owned->wanted);
	return -EINVAL;
}

static int collect(struct arena *a, const struct edit_file *f, const struct yaml_doc *doc,
		   struct diag_list *diags, struct splice *splices, size_t *ret_count,
		   const struct yaml_node **touched, size_t *ret_touched)
{
	size_t n = 0, t = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct edit *e = &f->edits[i];
		struct place place = locate(doc, e->owned);

		if (e->keep)
			continue;
		if (!place.node || !editable(place.node))
			return not_editable(f, e, doc, place.node, diags, a);
		n += add_splices(a, f, e, &place, splices + n);
		touched[t++] = place.node;
	}
	*ret_count = n;
	*ret_touched = t;
	return 0;
}

/*
 * Appends the edited text to out: every owned value that is not kept has its wanted value, everything else is
 * byte for byte what it was. The result is parsed again; where the two trees differ in anything but the
 * owned values, -EINVAL and an error, and out must not be used.
 */
int edit_render(struct arena *a, const struct edit_file *f, struct diag_list *diags, struct strbuf *out)
{
	struct splice splices[2 * MAX_OWNED];
	const struct yaml_node *touched[MAX_OWNED];
	size_t count, touched_count;
	struct yaml_doc *after;

	if (collect(a, f, f->doc, diags, splices, &count, touched, &touched_count) < 0)
		return -EINVAL;
	if (splice_apply(f->text, f->len, splices, count, out) < 0 ||
	    yaml_parse(a, f->name, strbuf_text(out), out->len, diags, &after) < 0 ||
	    !same_tree(f->doc, after, touched, touched_count)) {
		diag_add(diags, SEV_ERROR, f->name,
			 "the edit would have changed more than the owned values; nothing was written");
		return -EINVAL;
	}
	return 0;
}

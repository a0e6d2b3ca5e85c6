/* SPDX-License-Identifier: MIT */
#include "compose/insert.h"

#include <errno.h>
#include <string.h>

#include "compose/lines.h"
#include "core/strbuf.h"

#define DEFAULT_STEP 2

/* The line end of the file's first line: LF, CRLF or a lone CR. */
static const char *line_end(const struct yaml_doc *doc)
{
	size_t at = strcspn(doc->text, "\r\n");

	if (doc->text[at] != '\r')
		return "\n";
	return doc->text[at + 1] == '\n' ? "\r\n" : "\r";
}

static bool ends_line(char c)
{
	return c == '\n' || c == '\r';
}

/* The file's indentation step: that of the services below "services:". */
static size_t indent_step(const struct yaml_doc *doc)
{
	const struct yaml_node *services = yaml_get(doc->root, "services");

	if (!services || services->kind != YAML_MAPPING || services->style != YAML_BLOCK || services->count == 0 ||
	    services->items[0]->col < 2 || services->items[0]->col > 9)
		return DEFAULT_STEP;
	return services->items[0]->col - 1;
}

static size_t line_start(const struct yaml_doc *doc, size_t at)
{
	while (at > 0 && !ends_line(doc->text[at - 1]))
		at--;
	return at;
}

static size_t end_of_line(const struct yaml_doc *doc, size_t at)
{
	while (at < doc->len && !ends_line(doc->text[at]))
		at++;
	return at;
}

/* End of the line of the last content before `at`, after its trailing comment. */
static size_t end_of_content(const struct yaml_doc *doc, size_t from, size_t at)
{
	while (at > from && strchr(" \t\r\n", doc->text[at - 1]))
		at--;
	return end_of_line(doc, at);
}

static const char *quoted(struct arena *a, const struct owned_value *v)
{
	return arena_printf(a, "\"%s\"", v->wanted);
}

/* Number of leading keys that two paths share, e.g. 1 for "a/b" and "a/c". */
static size_t shared_keys(const char *x, const char *y)
{
	size_t keys = 0;

	for (size_t n; (n = strcspn(x, "/")) == strcspn(y, "/") && strncmp(x, y, n) == 0 && x[n] && y[n]; keys++) {
		x += n + 1;
		y += n + 1;
	}
	return keys;
}

/*
 * The keys of a path such as "deploy/resources" as nested lines, each after a line end; the value follows the last.
 * Leaves out the keys that the lines of the path `above` (NULL: none) already contain.
 */
static const char *block_lines(struct arena *a, const struct yaml_doc *doc, size_t indent, const char *rest,
			       const char *above, const struct owned_value *v)
{
	size_t skip = above ? shared_keys(rest, above) : 0;
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (; skip > 0; skip--) {
		rest += strcspn(rest, "/") + 1;
		indent += indent_step(doc);
	}
	for (size_t n; *rest; rest += n + (rest[n] == '/')) {
		n = strcspn(rest, "/");
		strbuf_puts(&out, line_end(doc));
		strbuf_fill(&out, ' ', indent);
		strbuf_add(&out, rest, n);
		strbuf_putc(&out, ':');
		indent += indent_step(doc);
	}
	strbuf_printf(&out, " %s # vpsfit: %s", quoted(a, v), v->comment);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* The same in flow style. mark quotes the keys if the mapping's other ones are quoted: JSON needs that. */
static const char *flow_text(struct arena *a, const char *rest, const char *mark, const struct owned_value *v)
{
	size_t n = strcspn(rest, "/");

	if (!rest[n])
		return arena_printf(a, "%s%s%s: %s", mark, rest, mark, quoted(a, v));
	return arena_printf(a, "%s%.*s%s: {%s}", mark, (int)n, rest, mark, flow_text(a, rest + n + 1, mark, v));
}

static const char *key_mark(const struct yaml_node *key)
{
	return key && key->style == YAML_DOUBLE ? "\"" : "";
}

/* Inserts into "{...}" or "[...]" right after the last item, so that a comma or comment after it stays in place. */
static int into_flow(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *n, const char *text,
		     enum insert_way way, struct splice *ret)
{
	size_t at = n->start;

	if (way == INSERT_ABOVE_COMMENTS || (way == INSERT_ABOVE && n->count == 0))
		return -ENOTSUP;
	if (way == INSERT_ABOVE) {
		at = n->items[0]->start;
		*ret = (struct splice){at, at, arena_printf(a, "%s, ", text)};
		return 0;
	}
	if (n->count > 0) {
		at = n->items[n->count - 1]->end;
		*ret = (struct splice){at, at, arena_printf(a, ", %s", text)};
		return 0;
	}
	/* An anchor or a tag may precede the bracket. */
	at += strcspn(doc->text + at, "[{") + 1;
	*ret = (struct splice){at, at, text};
	return at <= n->end ? 0 : -ENOTSUP;
}

/* Start of the line of `from`; for INSERT_ABOVE_COMMENTS, of the comments above it, but not before `least`. */
static size_t above(const struct yaml_doc *doc, size_t from, size_t least, enum insert_way way)
{
	size_t at = line_start(doc, from);

	while (way == INSERT_ABOVE_COMMENTS && at > least) {
		size_t line = line_start(doc, at - 1);

		if (at > 1 && doc->text[at - 1] == '\n' && doc->text[at - 2] == '\r')
			line = line_start(doc, at - 2);
		if (doc->text[line + strspn(doc->text + line, " \t")] != '#')
			break;
		at = line;
	}
	return at;
}

/* End of a block's last line. What is commented out below its last value stays there: it would be cut off from it. */
static size_t end_of_block(const struct yaml_doc *doc, const struct yaml_node *n)
{
	const struct yaml_node *last = n->items[n->count - 1];
	size_t end = end_of_content(doc, n->start, n->end);
	bool dashes = last->kind == YAML_SEQUENCE && last->style == YAML_BLOCK && last->col == n->items[0]->col;

	return n->kind == YAML_MAPPING ? lines_end_below(doc, end, n->items[0]->col - 1, dashes) : end;
}

/* Inserts lines (which start with a line end) into a block: after its content, or above the line of `last`. */
static void into_block(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *n, size_t last,
		       const char *lines, enum insert_way way, struct splice *ret)
{
	size_t at = way == INSERT_LAST ? end_of_block(doc, n) : above(doc, last, n->start, way);

	if (way != INSERT_LAST)
		lines = arena_printf(a, "%s%s", lines + strlen(line_end(doc)), line_end(doc));
	*ret = (struct splice){at, at, lines};
}

/* Position of the dash before an item; false if it is on another line. */
static bool find_dash(const struct yaml_doc *doc, const struct yaml_node *item, size_t *ret)
{
	size_t at = item->start;

	while (at > 0 && strchr(" \t", doc->text[at - 1]))
		at--;
	*ret = at - 1;
	return at > 0 && doc->text[at - 1] == '-';
}

/* Indentation of a block list's dashes. */
static bool dash_indent(const struct yaml_doc *doc, const struct yaml_node *list, size_t *ret)
{
	size_t at;

	*ret = list->col - 1;
	if (doc->text[list->start] == '-')
		return true;
	if (!find_dash(doc, list->items[0], &at))
		return false;
	*ret = at - line_start(doc, at);
	return true;
}

static const char *setting(struct arena *a, const struct owned_value *v)
{
	return arena_printf(a, "%s=%s", owned_variable(v), v->wanted);
}

static int into_list(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *list,
		     const struct owned_value *v, enum insert_way way, struct splice *ret)
{
	size_t indent, last;

	if (list->style == YAML_FLOW)
		return into_flow(a, doc, list, arena_printf(a, "\"%s\"", setting(a, v)), way, ret);
	if (list->count == 0 || !dash_indent(doc, list, &indent) ||
	    (!find_dash(doc, list->items[list->count - 1], &last) && way != INSERT_LAST))
		return -ENOTSUP;
	into_block(a, doc, list, last,
		   arena_printf(a, "%s%*s- \"%s\" # vpsfit: %s", line_end(doc), (int)indent, "", setting(a, v),
				v->comment),
		   way, ret);
	return 0;
}

/* "deploy: ~" in "{...}": the value replaces the null. */
static void into_flow_null(struct arena *a, const struct yaml_doc *doc, const struct place *p,
			   const struct owned_value *v, struct splice *ret)
{
	const struct yaml_node *n = p->node;
	size_t at = n->start;
	const char *lead = "";

	while (at > 0 && strchr(" \t\r\n", doc->text[at - 1]))
		at--;
	if (at == 0 || doc->text[at - 1] != ':')
		lead = ": ";
	else if (at == n->start)
		lead = " ";
	*ret = (struct splice){n->start, n->end,
			       arena_printf(a, "%s{%s}", lead, flow_text(a, p->rest, key_mark(p->key), v))};
}

/* "deploy:" or "deploy: ~ # why" in a block: lines go below, a null is removed, the comment stays. */
static void into_block_null(struct arena *a, const struct yaml_doc *doc, const struct place *p,
			    const struct owned_value *v, struct splice *ret)
{
	const struct yaml_node *n = p->node;
	const char *lines = block_lines(a, doc, p->key->col - 1 + indent_step(doc), p->rest, NULL, v);
	size_t start = n->start, end;

	if (n->end == n->start) {
		end = end_of_content(doc, p->key->start, p->key->end);
		*ret = (struct splice){end, end, lines};
		return;
	}
	while (start > p->key->end && strchr(" \t", doc->text[start - 1]))
		start--;
	end = end_of_line(doc, n->end);
	*ret = (struct splice){start, end, arena_printf(a, "%.*s%s", (int)(end - n->end), doc->text + n->end, lines)};
}

/*
 * The edit that inserts the missing value. In a block, `above` (NULL: none) is the missing path of the value that is
 * inserted just before at the same place. 0; -ENOTSUP if this way is impossible. The caller must parse the result.
 */
int insert_value(struct arena *a, const struct yaml_doc *doc, const struct place *p, const struct owned_value *v,
		 const char *above, enum insert_way way, struct splice *ret)
{
	const struct yaml_node *n = p->node;

	if (n->kind == YAML_SEQUENCE)
		return into_list(a, doc, n, v, way, ret);
	if (n->kind == YAML_MAPPING && n->style == YAML_FLOW)
		return into_flow(a, doc, n, flow_text(a, p->rest, key_mark(n->count > 0 ? n->items[0] : NULL), v), way,
				 ret);
	if (n->kind == YAML_SCALAR && way == INSERT_LAST) {
		(p->in_flow ? into_flow_null : into_block_null)(a, doc, p, v, ret);
		return 0;
	}
	if (n->kind != YAML_MAPPING || n->count == 0)
		return -ENOTSUP;
	into_block(a, doc, n, n->items[n->count - 2]->start,
		   block_lines(a, doc, n->items[0]->col - 1, p->rest, above, v), way, ret);
	return 0;
}

static bool holds(const struct yaml_node *node, const char *rest, const struct owned_value *v)
{
	node = *rest ? yaml_path(node, rest) : node;
	return yaml_is_scalar(node) && STR_EQ(node->value, v->wanted);
}

static const struct yaml_node *find_entry(const struct yaml_node *list, const char *text)
{
	for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->count; i++)
		if (yaml_is_scalar(list->items[i]) && STR_EQ(list->items[i]->value, text))
			return list->items[i];
	return NULL;
}

/* Number of scalars below; anything but mappings and scalars counts as too many. */
size_t insert_leaves(const struct yaml_node *n)
{
	size_t leaves = 0;

	if (n->kind != YAML_MAPPING)
		return n->kind == YAML_SCALAR ? 1 : YAML_MAX_NODES;
	for (size_t i = 0; i + 1 < n->count; i += 2)
		leaves += insert_leaves(n->items[i + 1]);
	return leaves;
}

/*
 * The topmost node in `after` that insert_value has inserted for the value; NULL: something else is there. Several
 * values may share it: then it has as many leaves.
 */
const struct yaml_node *insert_found(struct arena *a, const struct yaml_doc *after, const struct place *p,
				     const struct owned_value *v)
{
	size_t key = strcspn(p->rest, "/"), path = strlen(p->path);
	const char *rest = p->key || !p->rest[key] ? p->rest + (p->key ? 0 : key) : p->rest + key + 1;
	const struct yaml_node *n;

	if (p->node->kind == YAML_SEQUENCE)
		return find_entry(yaml_path(after->root, p->path), setting(a, v));
	n = yaml_path(after->root, arena_strndup(a, p->path, path - strlen(rest) - (*rest ? 1 : 0)));
	return n && holds(n, rest, v) ? n : NULL;
}

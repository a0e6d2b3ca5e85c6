#include "stack/insert.h"

#include <errno.h>
#include <string.h>

#include "core/strbuf.h"

#define DEFAULT_STEP 2

static const char *line_end(const struct yaml_doc *doc)
{
	const char *first = memchr(doc->text, '\n', doc->len);

	return first && first > doc->text && first[-1] == '\r' ? "\r\n" : "\n";
}

/* How far the file's services stand in from "services:": its own step. */
static size_t indent_step(const struct yaml_doc *doc)
{
	const struct yaml_node *services = yaml_get(doc->root, "services");

	if (!services || services->kind != YAML_MAPPING || services->style != YAML_BLOCK || services->count == 0 ||
	    services->items[0]->col < 2 || services->items[0]->col > 9)
		return DEFAULT_STEP;
	return services->items[0]->col - 1;
}

/* The end of the line on which the content before `at` ends: behind a comment that belongs to it, before what follows. */
static size_t end_of_content(const struct yaml_doc *doc, size_t from, size_t at)
{
	while (at > from && strchr(" \t\r\n", doc->text[at - 1]))
		at--;
	while (at < doc->len && doc->text[at] != '\n' && doc->text[at] != '\r')
		at++;
	return at;
}

static const char *quoted(struct arena *a, const struct owned_value *v)
{
	return arena_printf(a, "\"%s\"", v->wanted);
}

/* "deploy/resources" as lines, each further in than the one before; the value behind the last. */
static const char *block_lines(struct arena *a, const struct yaml_doc *doc, size_t indent, const char *rest,
			       const struct owned_value *v)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

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

/* Keys in quotes (mark) where the mapping's are: JSON knows no others. */
static const char *flow_text(struct arena *a, const char *rest, const char *mark, const struct owned_value *v)
{
	size_t n = strcspn(rest, "/");

	if (!rest[n])
		return arena_printf(a, "%s%s%s: %s", mark, rest, mark, quoted(a, v));
	return arena_printf(a, "%s%.*s%s: {%s}", mark, (int)n, rest, mark, flow_text(a, rest + n + 1, mark, v));
}

static const char *key_mark(const struct yaml_node *map)
{
	return map->count > 0 && map->items[0]->style == YAML_DOUBLE ? "\"" : "";
}

/* Into "{...}" or "[...]": behind the last item, unless a comment or a comma stands there. */
static int into_flow(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *n, const char *text,
		     struct splice *ret)
{
	size_t at = n->count > 0 ? n->items[n->count - 1]->end : n->start + 1;

	for (size_t i = at; i + 1 < n->end; i++)
		if (doc->text[i] == '#' || doc->text[i] == ',')
			return -ENOTSUP;
	*ret = (struct splice){at, at, arena_printf(a, "%s%s", n->count > 0 ? ", " : "", text)};
	return 0;
}

/* The column of the dash before a list's first item; 0 where it stands on a line with something else. */
static bool dash_column(const struct yaml_doc *doc, const struct yaml_node *list, size_t *ret)
{
	size_t at = list->items[0]->start, start;

	while (at > 0 && doc->text[at - 1] == ' ')
		at--;
	if (at == 0 || doc->text[at - 1] != '-')
		return false;
	at--;
	for (start = at; start > 0 && doc->text[start - 1] == ' '; start--)
		;
	*ret = at - start;
	return start == 0 || doc->text[start - 1] == '\n';
}

static const char *setting(struct arena *a, const struct owned_value *v)
{
	return arena_printf(a, "%s=%s", WORKERS_VARIABLE, v->wanted);
}

static int into_list(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *list,
		     const struct owned_value *v, struct splice *ret)
{
	size_t at, indent;

	if (list->style == YAML_FLOW)
		return into_flow(a, doc, list, arena_printf(a, "\"%s\"", setting(a, v)), ret);
	if (list->count == 0 || !dash_column(doc, list, &indent))
		return -ENOTSUP;
	at = end_of_content(doc, list->start, list->end);
	*ret = (struct splice){at, at, arena_printf(a, "%s%*s- \"%s\" # vpsfit: %s", line_end(doc), (int)indent, "",
						    setting(a, v), v->comment)};
	return 0;
}

int insert_value(struct arena *a, const struct yaml_doc *doc, const struct place *p, const struct owned_value *v,
		 struct splice *ret)
{
	const struct yaml_node *n = p->node;
	size_t at, indent;

	if (n->kind == YAML_SEQUENCE)
		return into_list(a, doc, n, v, ret);
	if (n->kind == YAML_MAPPING && n->style == YAML_FLOW)
		return into_flow(a, doc, n, flow_text(a, p->rest, key_mark(n), v), ret);
	if (n->kind == YAML_SCALAR) {
		indent = p->key->col - 1 + indent_step(doc);
		at = end_of_content(doc, p->key->start, p->key->end);
	} else if (n->count > 0) {
		indent = n->items[0]->col - 1;
		at = end_of_content(doc, n->start, n->end);
	} else {
		return -ENOTSUP;
	}
	*ret = (struct splice){at, at, block_lines(a, doc, indent, p->rest, v)};
	return 0;
}

static bool holds(const struct yaml_node *node, const char *rest, const struct owned_value *v)
{
	size_t n = strcspn(rest, "/");

	if (!*rest)
		return node->kind == YAML_SCALAR && STR_EQ(node->value, v->wanted);
	return node->kind == YAML_MAPPING && node->count == 2 && node->items[0]->kind == YAML_SCALAR &&
	       node->items[0]->value_len == n && memcmp(node->items[0]->value, rest, n) == 0 &&
	       holds(node->items[1], rest + n + (rest[n] == '/'), v);
}

const struct yaml_node *insert_found(struct arena *a, const struct yaml_doc *after, const struct place *p,
				     const struct owned_value *v)
{
	size_t key = strcspn(p->rest, "/"), path = strlen(p->path);
	const char *rest = p->key || !p->rest[key] ? p->rest + (p->key ? 0 : key) : p->rest + key + 1;
	const struct yaml_node *n;

	if (p->node->kind == YAML_SEQUENCE) {
		n = yaml_path(after->root, p->path);
		n = n && n->kind == YAML_SEQUENCE && n->count > 0 ? n->items[n->count - 1] : NULL;
		return yaml_is_scalar(n) && STR_EQ(n->value, setting(a, v)) ? n : NULL;
	}
	n = yaml_path(after->root, arena_strndup(a, p->path, path - strlen(rest) - (*rest ? 1 : 0)));
	return n && holds(n, rest, v) ? n : NULL;
}

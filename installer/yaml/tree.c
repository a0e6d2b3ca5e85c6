/* SPDX-License-Identifier: MIT */
/* Builds a tree with byte positions from libyaml's events. */
#include "yaml/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/discreet.h"
#include "core/i18n.h"
#include "yaml/source.h"

struct anchor {
	const char *name;
	struct yaml_node *node;
	size_t weight; /* number of nodes with aliases expanded; 0 while the node is still open */
};

struct loader {
	struct arena *a;
	struct diag_list *diags;
	struct yaml_doc *doc;
	yaml_parser_t parser;
	struct char_cursor cursor;
	struct yaml_node **stack; /* children of the open collections */
	size_t stack_len;
	size_t stack_cap;
	struct anchor *anchors;
	size_t anchor_count;
	size_t anchor_cap;
	size_t nodes;
};

static int refuse(struct loader *l, size_t offset, const char *text, const char *hint)
{
	source_diag(l->diags, SEV_ERROR, l->doc, offset, text)->hint = hint;
	return -EINVAL;
}

/* If the text ends within something, show where that was opened: its missing end has no place. */
static int parser_error(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	size_t problem_at = cursor_seek(&l->cursor, p->problem_mark.index);
	bool at_end = problem_at >= l->doc->len && p->context;
	size_t offset = at_end ? cursor_seek(&l->cursor, p->context_mark.index) : problem_at;
	const char *problem = p->problem ? p->problem : _("it cannot be parsed");
	const char *context = p->context ? p->context : "";

	return refuse(l, offset, arena_printf(l->a, "%s%s%s", problem, context[0] ? " " : "", context), NULL);
}

static int next_event(struct loader *l, yaml_event_t *event)
{
	if (yaml_parser_parse(&l->parser, event))
		return 0;
	/* Out of memory must not count as a syntax error. */
	if (l->parser.error == YAML_MEMORY_ERROR)
		arena_out_of_memory();
	return parser_error(l);
}

static struct yaml_node *new_node(struct loader *l, const yaml_event_t *e, enum yaml_kind kind, enum yaml_style style)
{
	struct yaml_node *n = arena_alloc(l->a, sizeof(*n));

	n->kind = kind;
	n->style = style;
	n->start = (uint32_t)cursor_seek(&l->cursor, e->start_mark.index);
	n->end = (uint32_t)cursor_seek(&l->cursor, e->end_mark.index);
	n->line = (unsigned)e->start_mark.line + 1;
	n->col = (unsigned)e->start_mark.column + 1;
	return n;
}

static void add_properties(struct loader *l, struct yaml_node *n, const yaml_char_t *tag, const yaml_char_t *anchor)
{
	struct yaml_properties *p;

	if (!tag && !anchor)
		return;
	p = arena_alloc(l->a, sizeof(*p));
	p->tag = tag ? arena_strdup(l->a, (const char *)tag) : NULL;
	p->anchor = anchor ? arena_strdup(l->a, (const char *)anchor) : NULL;
	n->properties = p;
	if (!anchor)
		return;
	if (l->anchor_count == l->anchor_cap) {
		l->anchor_cap = l->anchor_cap ? 2 * l->anchor_cap : 16;
		l->anchors = xrealloc(l->anchors, l->anchor_cap * sizeof(*l->anchors));
	}
	l->anchors[l->anchor_count++] = (struct anchor){p->anchor, n, 0};
}

static void close_anchor(struct loader *l, const struct yaml_node *n, size_t weight)
{
	for (size_t i = l->anchor_count; n->properties && i-- > 0;)
		if (l->anchors[i].node == n)
			l->anchors[i].weight = weight;
}

static size_t add_weight(size_t a, size_t b)
{
	return a > YAML_MAX_NODES || b > YAML_MAX_NODES ? YAML_MAX_NODES + 1 : a + b;
}

static int load_alias(struct loader *l, const yaml_event_t *e, struct yaml_node **ret, size_t *ret_weight)
{
	struct yaml_node *n = new_node(l, e, YAML_ALIAS, YAML_PLAIN);

	n->value = arena_strdup(l->a, (const char *)e->data.alias.anchor);
	n->value_len = (uint32_t)strlen(n->value);
	for (size_t i = l->anchor_count; i-- > 0 && !n->target;) {
		if (!STR_EQ(l->anchors[i].name, n->value))
			continue;
		if (l->anchors[i].weight == 0)
			return refuse(l, n->start, _("this alias refers to something that contains it"), NULL);
		n->target = l->anchors[i].node;
		*ret_weight = l->anchors[i].weight;
	}
	if (!n->target)
		return refuse(l, n->start, _("there is no anchor of this name before this alias"), NULL);
	*ret = n;
	return 0;
}

static enum yaml_style scalar_style(yaml_scalar_style_t s)
{
	switch (s) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return YAML_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_FOLDED;
	default:
		return YAML_PLAIN;
	}
}

static int load_scalar(struct loader *l, const yaml_event_t *e, struct yaml_node **ret)
{
	struct yaml_node *n = new_node(l, e, YAML_SCALAR, scalar_style(e->data.scalar.style));

	n->value = arena_strndup(l->a, (const char *)e->data.scalar.value, e->data.scalar.length);
	n->value_len = (uint32_t)e->data.scalar.length;
	add_properties(l, n, e->data.scalar.tag, e->data.scalar.anchor);
	*ret = n;
	return 0;
}

static void push(struct loader *l, struct yaml_node *n)
{
	if (l->stack_len == l->stack_cap) {
		l->stack_cap = l->stack_cap ? 2 * l->stack_cap : 64;
		l->stack = xrealloc(l->stack, l->stack_cap * sizeof(*l->stack));
	}
	l->stack[l->stack_len++] = n;
}

static int load_node(struct loader *l, yaml_event_t *e, int depth, struct yaml_node **ret, size_t *ret_weight);

/* Pushes the items up to the end event on the stack. *ret_end: end of that event, for flow collections. */
static int load_items(struct loader *l, yaml_event_type_t end, int depth, size_t *weight, size_t *ret_end)
{
	for (;;) {
		yaml_event_t e;
		struct yaml_node *child = NULL;
		size_t child_weight = 1;
		int rc = next_event(l, &e);

		if (rc < 0)
			return rc;
		if (e.type == end) {
			*ret_end = cursor_seek(&l->cursor, e.end_mark.index);
			yaml_event_delete(&e);
			return 0;
		}
		rc = load_node(l, &e, depth + 1, &child, &child_weight);
		yaml_event_delete(&e);
		if (rc < 0)
			return rc;
		push(l, child);
		*weight = add_weight(*weight, child_weight);
	}
}

static int by_value(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a, *y = *(struct yaml_node *const *)b;
	size_t n = x->value_len < y->value_len ? x->value_len : y->value_len;
	int order = memcmp(x->value, y->value, n);

	if (order == 0 && x->value_len != y->value_len)
		order = x->value_len < y->value_len ? -1 : 1;
	return order ? order : (x->start > y->start) - (x->start < y->start);
}

static int twice(struct loader *l, const struct yaml_node *key, const struct yaml_node *first)
{
	bool named = discreet_is_name(key->value, key->value_len) &&
		     (!l->diags->may_name || l->diags->may_name(key->value, key->value_len));
	const char *text = named ? arena_printf(l->a, _("the key \"%.60s\" is here twice (first at line %u)"),
						key->value, first->line)
				 : arena_printf(l->a, _("a key is here twice (first at line %u)"), first->line);

	return refuse(l, key->start, text, NULL);
}

/* Sorts the keys: comparing each with each is too slow for a mapping of ten thousand keys. */
static int check_keys(struct loader *l, const struct yaml_node *map)
{
	struct yaml_node **keys = arena_array(l->a, map->count / 2 + 1, sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (map->items[i]->kind == YAML_SCALAR)
			keys[n++] = map->items[i];
	qsort(keys, n, sizeof(*keys), by_value);
	for (size_t i = 1; i < n; i++)
		if (keys[i]->value_len == keys[i - 1]->value_len &&
		    memcmp(keys[i]->value, keys[i - 1]->value, keys[i]->value_len) == 0)
			return twice(l, keys[i], keys[i - 1]);
	return 0;
}

static void take_items(struct loader *l, struct yaml_node *n, size_t from)
{
	n->count = (uint32_t)(l->stack_len - from);
	n->items = arena_array(l->a, n->count + 1, sizeof(*n->items));
	if (n->count > 0)
		memcpy(n->items, l->stack + from, n->count * sizeof(*n->items));
	l->stack_len = from;
}

/*
 * libyaml ends a block collection at the next token, after comments that belong to what follows. Here it ends with
 * its last child.
 */
static int load_collection(struct loader *l, const yaml_event_t *e, int depth, struct yaml_node **ret, size_t *weight)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;
	bool flow = map ? e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			: e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	const yaml_char_t *tag = map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
	struct yaml_node *n = new_node(l, e, map ? YAML_MAPPING : YAML_SEQUENCE, flow ? YAML_FLOW : YAML_BLOCK);
	size_t from = l->stack_len, end = n->end;
	int rc;

	if (depth > YAML_MAX_DEPTH)
		return refuse(l, n->start, _("this is nested more than 64 levels deep"), NULL);
	add_properties(l, n, tag, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor);
	rc = load_items(l, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth, weight, &end);
	if (rc < 0)
		return rc;
	take_items(l, n, from);
	if (flow)
		n->end = (uint32_t)end;
	else if (n->count > 0)
		n->end = n->items[n->count - 1]->end;
	*ret = n;
	return map ? check_keys(l, n) : 0;
}

/* Loads the node that starts with event e. depth of the document's root is 1. */
static int load_node(struct loader *l, yaml_event_t *e, int depth, struct yaml_node **ret, size_t *ret_weight)
{
	size_t weight = 1;
	int rc;

	if (++l->nodes > YAML_MAX_NODES)
		return refuse(l, cursor_seek(&l->cursor, e->start_mark.index), _("there are more than 100000 values"),
			      NULL);
	if (e->type == YAML_ALIAS_EVENT)
		rc = load_alias(l, e, ret, &weight);
	else if (e->type == YAML_SCALAR_EVENT)
		rc = load_scalar(l, e, ret);
	else
		rc = load_collection(l, e, depth, ret, &weight);
	if (rc < 0)
		return rc;
	if (weight > YAML_MAX_NODES)
		return refuse(l, (*ret)->start, _("with its aliases written out this is more than 100000 values"),
			      NULL);
	close_anchor(l, *ret, weight);
	*ret_weight = weight;
	return 0;
}

static int load_document(struct loader *l)
{
	yaml_event_t e;
	size_t weight;
	int rc = next_event(l, &e);

	if (rc < 0)
		return rc;
	rc = load_node(l, &e, 1, &l->doc->root, &weight);
	yaml_event_delete(&e);
	if (rc == 0)
		rc = next_event(l, &e); /* document end */
	if (rc == 0)
		yaml_event_delete(&e);
	return rc;
}

/* Stream start, at most one document, stream end. */
static int load_stream(struct loader *l)
{
	bool have_document = false;

	for (;;) {
		yaml_event_t e;
		yaml_event_type_t type;
		size_t start;
		int rc = next_event(l, &e);

		if (rc < 0)
			return rc;
		type = e.type;
		start = cursor_seek(&l->cursor, e.start_mark.index);
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT)
			return 0;
		if (type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (have_document)
			return refuse(l, start, _("a second document begins here; only one is allowed"),
				      _("put it into a file of its own"));
		have_document = true;
		rc = load_document(l);
		if (rc < 0)
			return rc;
	}
}

int yaml_parse(struct arena *a, const char *name, const char *text, size_t len, struct diag_list *diags,
	       struct yaml_doc **ret)
{
	struct loader l = {.a = a, .diags = diags};
	size_t plain;
	int rc;

	l.doc = arena_alloc(a, sizeof(*l.doc));
	l.doc->name = arena_strdup(a, name);
	l.doc->len = len;
	l.doc->arena = a;
	l.doc->edited = arena_alloc(a, sizeof(struct yaml_doc *));
	l.doc->text = len > YAML_MAX_BYTES ? "" : text;
	rc = source_check(l.doc, diags, &plain);
	if (rc < 0)
		return rc;
	l.cursor = cursor_at_start(l.doc->text, len, plain);
	if (!yaml_parser_initialize(&l.parser)) {
		arena_out_of_memory();
		return -ENOMEM;
	}
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)l.doc->text + l.cursor.bytes,
				     len - l.cursor.bytes);
	rc = load_stream(&l);
	yaml_parser_delete(&l.parser);
	free(l.stack);
	free(l.anchors);
	if (rc == 0)
		*ret = l.doc;
	return rc;
}

struct yaml_doc *yaml_parse_quietly(struct arena *a, const char *name, const char *text, size_t len)
{
	struct diag_list unheard;
	struct yaml_doc *doc;
	int rc;

	diag_init(&unheard, a);
	rc = yaml_parse(a, name, text, len, &unheard, &doc);
	diag_clear(&unheard);
	return rc < 0 ? NULL : doc;
}

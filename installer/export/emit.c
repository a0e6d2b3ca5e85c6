/* SPDX-License-Identifier: MIT */
#include "export/emit.h"
#include "export/export.h"

#include <string.h>

#define STEP 2

/* In double quotes, which YAML 1.1, YAML 1.2 and JSON read alike. */
void emit_quoted(struct strbuf *out, const char *text)
{
	strbuf_putc(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_printf(out, "\\%c", *p);
		else if (*p == '\n')
			strbuf_puts(out, "\\n");
		else if (*p == '\t')
			strbuf_puts(out, "\\t");
		else if (*p < ' ' || *p == 127)
			strbuf_printf(out, "\\x%02x", *p);
		else
			strbuf_putc(out, (char)*p);
	}
	strbuf_putc(out, '"');
}

/* The node itself, or what an alias stands for. */
const struct yaml_node *emit_target(const struct yaml_node *n)
{
	while (n && n->kind == YAML_ALIAS)
		n = n->target;
	return n;
}

/* What a compose file says of a service or helper; NULL: it has none of that name. */
const struct yaml_node *export_block(struct arena *a, const struct yaml_doc *compose, const char *service)
{
	return emit_target(yaml_path(compose->root, arena_printf(a, "services/%s", service)));
}

/* An entry of a service's volumes in its short form, SOURCE:TARGET and :ro; NULL: it has none. */
const char *export_mount_text(struct arena *a, const struct yaml_node *entry)
{
	const struct yaml_node *n = emit_target(entry);
	const char *type = yaml_text(emit_target(yaml_get(n, "type"))),
		   *source = yaml_text(emit_target(yaml_get(n, "source"))),
		   *target = yaml_text(emit_target(yaml_get(n, "target"))),
		   *read_only = yaml_text(emit_target(yaml_get(n, "read_only")));

	if (yaml_is_scalar(n))
		return n->value;
	if (!type || !source || !target || (!STR_EQ(type, "volume") && !STR_EQ(type, "bind")))
		return NULL;
	return arena_printf(a, "%s:%s%s", source, target, read_only && STR_EQ(read_only, "true") ? ":ro" : "");
}

/* A scalar's text with variables filled in. */
const char *emit_value(const struct emitter *e, const struct yaml_node *n)
{
	return interpolate(e->a, e->variables, n->value ? n->value : "");
}

/* A text that is final: 'docker stack deploy' takes a dollar sign for a variable too, so it is doubled. */
void emit_text(const struct emitter *e, const char *text)
{
	struct strbuf doubled = STRBUF_INIT;

	for (; *text; text++) {
		if (*text == '$')
			strbuf_putc(&doubled, '$');
		strbuf_putc(&doubled, *text);
	}
	emit_quoted(e->out, strbuf_text(&doubled));
	strbuf_clear(&doubled);
}

void emit_line(const struct emitter *e, int indent, const char *fmt, ...)
{
	va_list ap;

	strbuf_fill(e->out, ' ', (size_t)indent);
	va_start(ap, fmt);
	strbuf_vprintf(e->out, fmt, ap);
	va_end(ap);
	strbuf_putc(e->out, '\n');
}

static void emit_scalar(const struct emitter *e, const struct yaml_node *n)
{
	/* A number, a truth or null stays what it is; a text with variables may be anything. */
	if (n->style == YAML_PLAIN && !strchr(n->value, '$'))
		strbuf_puts(e->out, n->value[0] ? n->value : "null");
	else
		emit_text(e, emit_value(e, n));
	strbuf_putc(e->out, '\n');
}

static void put_key(const struct emitter *e, int indent, const char *key)
{
	strbuf_fill(e->out, ' ', (size_t)indent);
	if (yaml_plain_safe(key))
		strbuf_puts(e->out, key);
	else
		emit_quoted(e->out, key);
	strbuf_putc(e->out, ':');
}

static void emit_node(const struct emitter *e, int indent, const struct yaml_node *n);

static void emit_items(const struct emitter *e, int indent, const struct yaml_node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		strbuf_fill(e->out, ' ', (size_t)indent);
		strbuf_puts(e->out, "-");
		emit_node(e, indent + STEP, n->items[i]);
	}
}

/* What follows "key:" or "-", with its line feed. */
static void emit_node(const struct emitter *e, int indent, const struct yaml_node *n)
{
	n = emit_target(n);
	if (n->kind == YAML_SCALAR) {
		strbuf_putc(e->out, ' ');
		emit_scalar(e, n);
	} else if (n->count == 0) {
		strbuf_puts(e->out, n->kind == YAML_MAPPING ? " {}\n" : " []\n");
	} else {
		strbuf_putc(e->out, '\n');
		if (n->kind == YAML_SEQUENCE)
			emit_items(e, indent, n);
		for (size_t i = 0; n->kind == YAML_MAPPING && i + 1 < n->count; i += 2)
			emit_entry(e, indent, n->items[i]->value, n->items[i + 1]);
	}
}

/* "key: {}" */
void emit_empty(const struct emitter *e, int indent, const char *key)
{
	put_key(e, indent, key);
	strbuf_puts(e->out, " {}\n");
}

/* "key: value" and all that is below it. */
void emit_entry(const struct emitter *e, int indent, const char *key, const struct yaml_node *value)
{
	put_key(e, indent, key);
	emit_node(e, indent + STEP, value);
}

/* "key: text" with the text in quotes: whatever is in it, it is one value. */
void emit_pair(const struct emitter *e, int indent, const char *key, const char *text)
{
	put_key(e, indent, key);
	strbuf_putc(e->out, ' ');
	emit_text(e, text);
	strbuf_putc(e->out, '\n');
}

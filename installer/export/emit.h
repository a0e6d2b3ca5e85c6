/* SPDX-License-Identifier: MIT */
/* YAML as text: scalars that every parser reads alike, and trees with their variables filled in. */
#ifndef VPSFIT_EXPORT_EMIT_H
#define VPSFIT_EXPORT_EMIT_H

#include "compose/interpolate.h"
#include "core/arena.h"
#include "core/strbuf.h"
#include "yaml/tree.h"

struct emitter {
	struct arena *a;
	struct strbuf *out;
	const struct variables *variables;
};

void emit_quoted(struct strbuf *out, const char *text);
const char *emit_value(const struct emitter *e, const struct yaml_node *n);
void emit_text(const struct emitter *e, const char *text);
void emit_pair(const struct emitter *e, int indent, const char *key, const char *text);
void emit_line(const struct emitter *e, int indent, const char *fmt, ...) printf_like(3, 4);
void emit_empty(const struct emitter *e, int indent, const char *key);
void emit_entry(const struct emitter *e, int indent, const char *key, const struct yaml_node *value);
const struct yaml_node *emit_target(const struct yaml_node *n);

#endif

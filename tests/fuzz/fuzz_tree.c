/* SPDX-License-Identifier: MIT */
/*
 * The YAML tree. Any input must be refused with a message, or every node covers a range inside its parent and after its
 * previous sibling.
 */
#include <stdint.h>
#include <stdlib.h>

#include "yaml/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

static void check(const struct yaml_doc *doc, const struct yaml_node *n, size_t from, size_t to)
{
	size_t at = n->start;

	must(n->start >= from && n->end <= to && n->start <= n->end && n->end <= doc->len);
	must(n->line > 0 && n->col > 0);
	must(n->kind != YAML_ALIAS || n->target);
	must(n->kind != YAML_MAPPING || n->count % 2 == 0);
	for (size_t i = 0; i < n->count; i++) {
		check(doc, n->items[i], at, n->end);
		at = n->items[i]->end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct diag_list diags;
	struct yaml_doc *doc;

	diag_init(&diags, &a);
	if (yaml_parse(&a, "fuzz.yaml", (const char *)data, size, &diags, &doc) < 0)
		must(diag_errors(&diags) > 0);
	else if (doc->root)
		check(doc, doc->root, 0, size);
	for (size_t i = 0; i < diags.count; i++) {
		struct strbuf text = STRBUF_INIT;

		diag_render(&diags.items[i], &text);
		strbuf_clear(&text);
	}
	diag_clear(&diags);
	arena_clear(&a);
	return 0;
}

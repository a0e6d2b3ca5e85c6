/* SPDX-License-Identifier: MIT */
/*
 * Notes that a service's file defines for something that is missing. Their texts come from that file and are translated
 * like any other.
 */
#include <string.h>

#include "changes/building.h"
#include "core/i18n.h"

/* Replaces "{service}", "{workers}" and "{templates}" in text. */
static const char *filled_in(const struct building *b, size_t s, const char *text)
{
	const struct {
		const char *word, *value;
	} known[] = {
		{"{service}", b->set->layout.services[s]},
		{"{workers}", arena_printf(b->a, "%lld", (long long)b->req->plan->workers)},
		{"{templates}", arena_printf(b->a, "%s/templates", b->req->data_dir)},
	};
	struct strbuf out = STRBUF_INIT;
	const char *result;

	while (*text) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && strncmp(text, known[i].word, strlen(known[i].word)) != 0)
			i++;
		if (i < ARRAY_SIZE(known))
			strbuf_puts(&out, known[i].value);
		else
			strbuf_putc(&out, *text);
		text += i < ARRAY_SIZE(known) ? strlen(known[i].word) : 1;
	}
	result = arena_strdup(b->a, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

/* Does a scalar or a key below the node contain the text? */
static bool contains(const struct yaml_node *n, const char *text)
{
	if (!n || n->kind == YAML_ALIAS)
		return false;
	if (n->kind == YAML_SCALAR)
		return strstr(n->value, text) != NULL;
	for (size_t i = 0; i < n->count; i++)
		if (contains(n->items[i], text))
			return true;
	return false;
}

/* Does the file of the stack lack the text, as it will be? One that is not there or not understood lacks nothing. */
static bool file_lacks(const struct building *b, const struct service_note *n)
{
	for (size_t i = 0; i < b->own_count; i++) {
		const struct file_change *f = &b->own[i];
		const struct yaml_doc *doc;

		if (!STR_EQ(f->name, n->file) || !f->new_text)
			continue;
		doc = building_kept_tree(b, NULL, f->new_text, f->new_len);
		if (!doc)
			doc = yaml_parse_quietly(b->a, f->name, f->new_text, f->new_len);
		return doc && doc->root && !contains(yaml_path(doc->root, n->in), n->wants);
	}
	return false;
}

static bool is_wanting(const struct building *b, size_t s, const struct service_note *n)
{
	/* Another file may define the service: do not report as missing what cannot be seen here. */
	if (!yaml_path(b->compose->root, arena_printf(b->a, "services/%s", b->set->layout.services[s])))
		return false;
	if ((n->own && !b->set->layout.own) || b->req->plan->workers < n->from_workers)
		return false;
	if (n->having && !building_mentions(b, s, n->having, n->having_text))
		return false;
	return n->file ? file_lacks(b, n) : !building_mentions(b, s, n->in, n->wants);
}

void service_notes(const struct building *b)
{
	const struct service_set *set = b->req->plan->set;

	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; b->set->layout.services[s] && i < set->items[s].note_count; i++) {
			const struct service_note *n = &set->items[s].notes[i];

			if (is_wanting(b, s, n))
				diag_note(b->diags, "service-note", n->severity ? SEV_WARNING : SEV_INFO,
					  n->file ? arena_printf(b->a, "%s/%s", b->req->dir, n->file)
						  : b->compose->name,
					  "%s", filled_in(b, s, _(n->otherwise)))
					->hint = filled_in(b, s, _(n->hint));
		}
}

/* SPDX-License-Identifier: MIT */
/*
 * Fits a foreign compose file. Any input must be refused with a message, or the edited text parses again, and editing
 * it again, or with nothing to change, changes no byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "compose/edit.h"
#include "compose/roles.h"
#include "alone.h"
#include "six_workers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME "compose.yaml"

static void must(bool is)
{
	if (!is)
		abort();
}

static bool edit(struct arena *a, struct diag_list *diags, const char *text, size_t len, bool keep, struct strbuf *out)
{
	struct owned_layout layout = {.file = NAME};
	struct owned_value owned[MAX_OWNED];
	const struct answers chosen = {.of = {{ORIGIN_DEFAULT, NULL, 0, NULL}}};
	const struct yaml_doc *after;
	struct edit_file f;
	struct project project;
	struct yaml_doc *doc;
	size_t count;

	if (yaml_parse(a, NAME, text, len, diags, &doc) < 0)
		return false;
	project = alone(a, doc);
	if (roles_find(a, &project, plan.set, &chosen, diags, &layout) < 0)
		return false;
	count = owned_values(a, &plan, &layout, owned);
	edit_find(a, doc, NAME, owned, count, &f);
	for (size_t i = 0; i < f.count; i++) {
		must(f.edits[i].place.kind != PLACE_MANUAL || f.edits[i].place.why);
		must(edit_by_hand(a, doc, &f.edits[i], NULL)[0] != '\0');
		f.edits[i].keep = keep;
	}
	after = edit_render(a, &f);
	strbuf_add(out, after->text, after->len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct diag_list diags;
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT, kept = STRBUF_INIT;

	plan.set = shipped_services();
	diag_init(&diags, &a);
	if (edit(&a, &diags, (const char *)data, size, false, &once)) {
		must(edit(&a, &diags, strbuf_text(&once), once.len, false, &twice));
		must(twice.len == once.len && memcmp(strbuf_text(&twice), strbuf_text(&once), once.len) == 0);
		must(edit(&a, &diags, (const char *)data, size, true, &kept));
		must(kept.len == size && memcmp(strbuf_text(&kept), data, size) == 0);
	} else {
		must(diag_errors(&diags) > 0);
	}
	strbuf_clear(&once);
	strbuf_clear(&twice);
	strbuf_clear(&kept);
	diag_clear(&diags);
	arena_clear(&a);
	return 0;
}

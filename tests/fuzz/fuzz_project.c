/* SPDX-License-Identifier: MIT */
/*
 * A project of two files: the input before and after a line "---" (or the same text twice). It must be refused with a
 * message or merged; a project must equal itself; and every scalar must come from a range of one of the files.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compose/project.h"
#include "compose/project_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct files {
	const char *text[2];
	size_t len[2];
};

static void must(bool is)
{
	if (!is)
		abort();
}

static int read_file(void *context, const char *path, const char **ret, size_t *ret_len)
{
	const struct files *f = context;
	int i = strcmp(path, "/p/compose.yaml") == 0 ? 0 : strcmp(path, "/p/compose.override.yaml") == 0 ? 1 : -1;

	if (i < 0)
		return -ENOENT;
	*ret = f->text[i];
	*ret_len = f->len[i];
	return 0;
}

static void look_at(struct arena *a, const struct project *p, const struct project_service *s,
		    const struct yaml_node *n, const char *path, int depth)
{
	struct project_value v;

	if (*path && project_service_value(a, p, s->name, path, &v))
		must(v.start <= v.end && v.end <= v.file->doc->len);
	for (size_t i = 0; n->kind == YAML_MAPPING && depth < 4 && i + 1 < n->count; i += 2)
		look_at(a, p, s, n->items[i + 1], arena_printf(a, "%s%s%s", path, *path ? "/" : "", n->items[i]->value),
			depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct diag_list diags;
	const char *text = arena_strndup(&a, (const char *)data, size), *cut = strstr(text, "\n---\n");
	struct files f = {{text, text}, {size, size}};
	struct project_request req = {.read = read_file, .context = &f, .dir = "/p"};
	struct project *p;

	if (cut) {
		f.len[0] = (size_t)(cut + 1 - text);
		f.text[1] = cut + 5;
		f.len[1] = size - (size_t)(cut + 5 - text);
	}
	diag_init(&diags, &a);
	if (project_load(&a, &req, &diags, &p) < 0) {
		must(diag_errors(&diags) > 0);
	} else {
		must(!project_difference(&a, p, p, NULL, 0));
		for (size_t i = 0; i < p->service_count && i < 64; i++)
			look_at(&a, p, &p->services[i], p->services[i].node, "", 0);
	}
	diag_clear(&diags);
	arena_clear(&a);
	return 0;
}

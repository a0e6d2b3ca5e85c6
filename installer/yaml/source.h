/* SPDX-License-Identifier: MIT */
/* The bytes of a YAML file before libyaml sees them. Private to this folder. */
#ifndef VPSFIT_YAML_SOURCE_H
#define VPSFIT_YAML_SOURCE_H

#include "yaml/tree.h"

/* libyaml's marks count characters without the byte order mark; edits need byte offsets. */
struct char_cursor {
	const char *text;
	size_t len;
	size_t plain; /* number of ASCII bytes at the start: there a character's index is its offset */
	size_t chars; /* characters before `bytes` */
	size_t bytes;
};

struct char_cursor cursor_at_start(const char *text, size_t len, size_t plain);
size_t cursor_seek(struct char_cursor *c, size_t chars);
int source_check(const struct yaml_doc *doc, struct diag_list *diags, size_t *ret_plain) must_check;
/* Adds a message at a byte offset, with the source line and a caret. */
struct diag *source_diag(struct diag_list *l, enum severity sev, const struct yaml_doc *doc, size_t offset,
			 const char *text);

#endif

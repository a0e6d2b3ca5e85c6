/* SPDX-License-Identifier: MIT */
/* The bytes of a YAML file before libyaml sees them; between the files of this folder. */
#ifndef VPSFIT_YAML_SOURCE_H
#define VPSFIT_YAML_SOURCE_H

#include "yaml/tree.h"

/* libyaml counts characters and leaves a byte order mark out; edits need bytes. */
struct char_cursor {
	const char *text;
	size_t len;
	size_t plain; /* so many bytes at the start are characters of one byte each */
	size_t chars; /* characters before `bytes` */
	size_t bytes;
};

struct char_cursor cursor_at_start(const char *text, size_t len, size_t plain);
size_t cursor_seek(struct char_cursor *c, size_t chars);
int source_check(const struct yaml_doc *doc, struct diag_list *diags, size_t *ret_plain) must_check;
/* Adds an error at a byte offset with the source line and a caret. */
struct diag *source_diag(struct diag_list *l, enum severity sev, const struct yaml_doc *doc, size_t offset,
			 const char *text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Keeping secrets out of what is shown of a file. A value is hidden unless it is known to be harmless: by what the file
 * is, by its key and its form, or because vpsfit owns it and says it anyway.
 */
#ifndef VPSFIT_SECRETS_H
#define VPSFIT_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* What is known of the file. */
struct secrets_file {
	const char *path;
	bool env;	     /* KEY=VALUE */
	bool ours;	     /* the text is vpsfit's own from the first byte on: only what .env is made for is hidden */
	const char *shipped; /* the package's file of that name: a line that stands in it is known; NULL: none */
	const char *const *shown; /* values that are told elsewhere: owned ones, as they were and as they will be */
	size_t shown_count;
};

/* The text with everything hidden that is not known to be harmless; it has the same lines. For showing, never for
 * writing. */
const char *secrets_hidden(struct arena *a, const struct secrets_file *f, const char *text, size_t len);

/* secrets_yaml.c: the same for YAML; NULL where it cannot be parsed. */
const char *secrets_hidden_yaml(struct arena *a, const struct secrets_file *f, const char *text, size_t len);
/* Is the value of this key shown? NULL key: an item of a list. */
bool secrets_told(const struct secrets_file *f, const char *key, size_t key_len, const char *value);
bool secrets_comment_shown(const char *comment, size_t len);
/* What may stand behind a key or a variable that is known. SHAPE_NONE: it is not. */
bool secrets_harmless(struct arena *a, const char *key, size_t key_len, const char *value);

#endif

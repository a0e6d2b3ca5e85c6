/* SPDX-License-Identifier: MIT */
/*
 * Hides secrets in displayed files. A value is hidden unless it is known to be harmless: by the kind of file, by its
 * key and form, or because vpsfit owns and reports it.
 */
#ifndef VPSFIT_SECRETS_H
#define VPSFIT_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* What is known of the file. */
struct yaml_doc;

struct secrets_file {
	const char *path;
	bool env;		  /* KEY=VALUE */
	bool ours;		  /* all text is vpsfit's own, except for secrets in .env */
	const char *shipped;	  /* the package's file of that name: its lines are shown; NULL: none */
	const char *const *shown; /* values reported elsewhere: owned ones, old and new */
	size_t shown_count;
	const struct yaml_doc *trees[2]; /* of texts that are asked for, where they were parsed before; NULL: not */
};

/* Returns the text with everything hidden that is not known to be harmless. It has the same lines. For display only. */
const char *secrets_hidden(struct arena *a, const struct secrets_file *f, const char *text, size_t len);

/* secrets_yaml.c: the same for YAML; NULL if it cannot be parsed. */
const char *secrets_hidden_yaml(struct arena *a, const struct secrets_file *f, const char *text, size_t len);
/* Is this value reported elsewhere, and not that of a secret? NULL key: a list item. */
bool secrets_told(const struct secrets_file *f, const char *key, size_t key_len, const char *value);
bool secrets_comment_shown(const char *comment, size_t len);
/* Does the value have the form expected for the key? Unknown keys only allow SHAPE_HOST. */
bool secrets_harmless(struct arena *a, const char *key, size_t key_len, const char *value);

#endif

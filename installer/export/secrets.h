/* SPDX-License-Identifier: MIT */
/* Private to this folder: which variables of a service are secrets, and what they are called in a swarm. */
#ifndef VPSFIT_EXPORT_SECRETS_H
#define VPSFIT_EXPORT_SECRETS_H

#include "export/emit.h"
#include "export/export.h"

struct secret_finder {
	struct arena *a;
	const struct export_source *source;
	const struct service_set *set;
	struct emitter *emit;
	struct diag_list *diags;
	struct export_result *result;
};

/*
 * The secret that a variable of a service holds, added to the result; NULL with rc 0: it is none, or it is empty. A
 * negative errno with an error if there are too many, or it cannot be one line.
 */
int secret_of(const struct secret_finder *f, const char *service, const char *name, const char *raw,
	      const struct export_secret **ret) must_check;
/*
 * Another text for another value, which tells nobody anything: a key of 256 bits that stays secret is before and behind
 * the value. key: what the value is of.
 */
const char *secret_digest(const struct secret_finder *f, const char *key, const char *value);
/* The secret of that name in the result; NULL: it has none. */
const struct export_secret *secret_find(const struct export_result *r, const char *key);

#endif

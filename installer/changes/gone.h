/* SPDX-License-Identifier: MIT */
/* A stack that is remembered and is not where it was, and one that Compose would take for another. */
#ifndef VPSFIT_GONE_H
#define VPSFIT_GONE_H

#include "changes/secrets_source.h"
#include "core/machine.h"
#include "core/service.h"
#include "files/sysroot.h"
#include "state/state.h"

bool gone_is(struct arena *a, const struct sysroot *root, const struct state *state);
bool gone_is_adopted(const struct state *state);

/* What tells one stack from another, and where it may be. */
struct gone_search {
	struct arena *a;
	const struct sysroot *root;
	const struct service_set *set;
	const struct secrets_source *secrets;
	const struct machine *machine; /* NULL: its containers are not asked */
};

const char *gone_where(const struct gone_search *q, const struct state *state);
const char *gone_forgotten(const struct gone_search *q, const char *store, const char *near);
bool gone_same_stack(const struct gone_search *q, const struct state *state, const char *dir);
bool gone_same_secrets(const struct gone_search *q, const char *store, const char *dir);
const char *gone_renamed(struct arena *a, const struct sysroot *root, const char *path);
bool gone_says_project(struct arena *a, const struct sysroot *root, const char *dir);
const char *gone_project(struct arena *a, const struct sysroot *root, const char *dir, const char *compose);

#endif

/* SPDX-License-Identifier: MIT */
/* A stack that is remembered and is not where it was, and one that Compose would take for another. */
#ifndef VPSFIT_GONE_H
#define VPSFIT_GONE_H

#include "changes/secrets_source.h"
#include "core/answers.h"
#include "core/machine.h"
#include "core/service.h"
#include "files/sysroot.h"
#include "state/state.h"

bool gone_is(struct arena *a, const struct sysroot *root, const struct state *state);
bool gone_is_adopted(const struct state *state);
bool gone_is_compose(const char *path);

/* What tells one stack from another, and where it may be. */
struct gone_search {
	struct arena *a;
	const struct sysroot *root;
	const struct service_set *set;
	const struct secrets_source *secrets;
	const struct machine *machine; /* NULL: its containers are not asked */
};

/* What can be done about a stack that is gone. */
struct gone_ways {
	const char *where;  /* where it is now; NULL: not found */
	const char *moved;  /* the command that takes it along from there; NULL: none */
	const char *back;   /* brings back what the last apply left; NULL: it was found, or there is no copy */
	const char *forget; /* ends its memory */
	bool left;	    /* only its compose file and .env are gone */
};

struct gone_ways gone_ways(const struct gone_search *q, const struct state *state, const char *state_dir);
const char *gone_forget(struct arena *a, const char *stack, bool adopted, const char *state_dir);
const char *gone_said_state(const struct answers *said);
const char *gone_what(const struct gone_ways *w);
int gone_refuse_state(const struct gone_search *q, const struct state *state, const char *state_dir,
		      struct diag_list *diags) must_check;
const char *gone_where(const struct gone_search *q, const struct state *state);
const char *gone_forgotten(const struct gone_search *q, const char *store, const char *near);
bool gone_same_stack(const struct gone_search *q, const struct state *state, const char *dir);
const char *gone_renamed(struct arena *a, const struct sysroot *root, const char *path);
bool gone_is_unnamed(struct arena *a, const struct sysroot *root, const char *path);
bool gone_says_project(struct arena *a, const struct sysroot *root, const char *dir);
const char *gone_project(struct arena *a, const struct sysroot *root, const char *dir, const char *compose);

#endif

/*
 * What vpsfit wrote last into a stack directory: DIR of the state, one file for each stack. It holds no secret.
 */
#ifndef VPSFIT_STATE_H
#define VPSFIT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/plan.h"
#include "core/strbuf.h"
#include "stack/owned.h"

struct state_value {
	const char *key;
	const char *written;  /* by the last apply */
	const char *previous; /* before it; an apply that was cut off may have left this one. NULL: none */
};

struct state {
	bool present;
	const char *path; /* of the state file, on this host */
	const char *dir;  /* of the stack, as it was given */
	const char *profile;
	struct state_value values[2 * MAX_OWNED];
	size_t count;
};

int state_load(struct arena *a, const char *path, struct diag_list *diags, struct state *ret) must_check;
const struct state_value *state_find(const struct state *s, const char *key);
char *state_path(struct arena *a, const char *state_dir, const char *stack_dir);

struct state_record {
	const char *status; /* "applying" or "done" */
	const char *dir;
	const char *time; /* ISO 8601, UTC */
	const struct plan *plan;
	const struct owned_value *owned;
	size_t owned_count;
};

void state_render(const struct state_record *rec, const struct state *old, struct strbuf *out);

#endif

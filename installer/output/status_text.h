/* SPDX-License-Identifier: MIT */
/* What was applied and what has changed since, for people and as JSON. */
#ifndef VPSFIT_STATUS_TEXT_H
#define VPSFIT_STATUS_TEXT_H

#include "changes/changeset.h"
#include "changes/gone.h"
#include "changes/status.h"
#include "core/next_steps.h"
#include "core/plan.h"
#include "core/strbuf.h"
#include "output/style.h"

struct status {
	const struct state *state;
	const struct plan *plan;	       /* for the present machine */
	const struct changeset *changes;       /* what an apply would change; NULL: unknown */
	enum file_fate fates[STATE_MAX_FILES]; /* of state->files */
	const char *recover;		       /* the command that finishes it */
	bool cut_off;			       /* an interrupted apply waits to be finished */
	const char *look;		       /* command that shows pending changes */
	bool gone;			       /* nothing is left of it where it was */
	struct gone_ways ways;		       /* what to do about that */
	const char *misfit;		       /* why an apply would refuse; NULL: it would not */
	const char *held;		       /* what remembered answers hold back; NULL: nothing */
	const char *let_go;		       /* how to let go of what is kept by hand */
	const char *start;		       /* command that takes over what is written */
	const struct next_steps *next;	       /* what is left to do, and the commands of every day; NULL: unknown */
	const char *const *watched;	       /* what the sampler saw, a sentence each */
	size_t watched_count;
	const char *take_up;   /* the command that takes that one up */
	const char *stateless; /* directory of an own stack that has no state; NULL: none */
};

/* The plan's own warning about why it refuses; NULL: it fits. */
const char *status_misfit(const struct plan *p);
/* For example "was 2 GB and 1 core, now 4 GB and 2 cores: SMALL_VPS -> MEDIUM_VPS, 1 -> 2 workers"; NULL: no change. */
const char *status_machine(struct arena *a, const struct status *s);
/* Is the machine itself another one than that of the last apply? Else only the plan is. */
bool status_is_other_machine(struct arena *a, const struct status *s);
bool status_pending(const struct status *s);
void status_text(struct arena *a, const struct status *s, const struct style *style, struct strbuf *out);
void status_json(struct arena *a, const struct status *s, struct strbuf *out);

#endif

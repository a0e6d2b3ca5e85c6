/* SPDX-License-Identifier: MIT */
/* From what the sampler saw to a cost model of this machine. */
#ifndef VPSFIT_SESSION_CALIBRATING_H
#define VPSFIT_SESSION_CALIBRATING_H

#include "session/probing.h"
#include "session/session.h"
#include "watch/series.h"

struct calibration_row {
	const struct series_service *of;
	size_t service; /* of the plan; NO_SERVICE: it has none */
	struct rule_says says;
	int64_t plan_limit_mib; /* of the present plan */
	bool other_workers; /* it was watched with another count than the plan has: no figure of it is this plan's */
	bool used;	    /* its figures are in the new model */
	bool changes;	    /* its limit would be another one */
};

struct calibration {
	struct series series;
	struct calibration_row rows[SERIES_MAX];
	size_t count;
	struct plan before, after; /* after: with the new model */
	const char *model;	   /* the new model's file as text */
	bool changes;
	int64_t more_workers; /* that would still fit comfortably; 0: not one */
	int64_t freed_mib;    /* of all limits; less than 0: taken */
	int64_t days10;
	struct plan fewer;     /* after, with fewer workers, where `after` does not fit or needs swap */
	int64_t fewer_workers; /* its; 0: there is none */
};

/*
 * probed: page cache that a service cannot do without is added to its limit; may be NULL. Returns 0; -ENODATA: too
 * little was seen, with an error that says what is missing; or another errno with an error.
 */
int session_calibrate(struct session *s, bool force, const struct probe *probed, struct calibration *ret) must_check;
int session_calibrate_write(struct session *s, const struct calibration *c) must_check;

/* What the sampler saw, and what calibrating would bring: at most `most` sentences. Needs session_plan. */
size_t session_watched(struct session *s, const char **ret, size_t most);
/* Of that only what asks for something: kills since the last apply, and what calibrating would bring. */
size_t session_notable(struct session *s, const char **ret, size_t most);

#endif

/* SPDX-License-Identifier: MIT */
/* What calibrating found, for people and as JSON. */
#ifndef VPSFIT_CALIBRATE_TEXT_H
#define VPSFIT_CALIBRATE_TEXT_H

#include "core/arena.h"
#include "core/plan.h"
#include "output/probe_text.h"
#include "output/style.h"
#include "watch/series.h"

struct calibrate_row {
	const struct series_service *of;
	const struct rule_says *says;
	bool used;
	int64_t plan_limit_mib, after_limit_mib;
};

struct calibrate_view {
	const struct calibrate_row *rows;
	size_t count;
	const struct plan *before, *after;
	const struct series *series;
	int64_t freed_mib, more_workers, days10;
	const struct plan *fewer; /* with fewer_workers, where `after` needs swap or does not fit */
	int64_t fewer_workers;	  /* 0: no such plan */
	bool changes, written;
	const char *file;
	const struct probe_view *probe; /* NULL: it was not probed */
};

void calibrate_text(struct arena *a, const struct calibrate_view *v, struct strbuf *out);
void calibrate_json(const struct calibrate_view *v, struct strbuf *out);

#endif

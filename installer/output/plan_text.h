/* SPDX-License-Identifier: MIT */
/* The plan, for people. */
#ifndef VPSFIT_PLAN_TEXT_H
#define VPSFIT_PLAN_TEXT_H

#include "core/plan.h"
#include "core/strbuf.h"
#include "output/style.h"

void plan_text(const struct plan *p, const struct answers *answers, struct arena *a, const struct style *style,
	       struct strbuf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* The plans for the usual sizes of VPS side by side. */
#ifndef VPSFIT_SIZES_OUTPUT_H
#define VPSFIT_SIZES_OUTPUT_H

#include "core/plan.h"
#include "core/strbuf.h"
#include "core/vps.h"
#include "output/style.h"

struct sizes {
	struct machine machines[VPS_SIZES];
	struct plan plans[VPS_SIZES]; /* of the machine with the same index */
};

void sizes_text(const struct sizes *sizes, const struct answers *answers, const struct style *style,
		struct strbuf *out);
/* Schema vpsfit.sizes/1. */
void sizes_json(const struct sizes *sizes, const struct answers *answers, struct strbuf *out);

#endif

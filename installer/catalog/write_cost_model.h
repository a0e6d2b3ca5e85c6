/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_WRITE_COST_MODEL_H
#define VPSFIT_WRITE_COST_MODEL_H

#include "core/profile.h"
#include "core/strbuf.h"

/* A cost model as a document that read_cost_model reads back. remarks: lines of comment; NULL: none. */
void cost_model_write(const struct cost_model *m, const struct service_set *services, const char *remarks,
		      struct strbuf *out);

#endif

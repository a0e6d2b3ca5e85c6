/* SPDX-License-Identifier: MIT */
/* The plan over several machines, for people and as vpsfit.nodes/1. */
#ifndef VPSFIT_OUTPUT_NODES_H
#define VPSFIT_OUTPUT_NODES_H

#include "core/nodes.h"
#include "core/strbuf.h"
#include "export/export.h"
#include "output/style.h"

void nodes_text(const struct nodes_plan *p, const struct style *style, struct strbuf *out);
/* diags: of this run; NULL: the document is for later. */
void nodes_json(const struct nodes_plan *p, const struct answers *answers, const struct diag_list *diags,
		struct strbuf *out);
/* What an export says besides. */
void export_text(const struct nodes_plan *p, const struct export_result *r, struct strbuf *out);
/* Schema vpsfit.export/1: what was written, and the plan. The secrets' names alone are in it. */
void export_json(const struct nodes_plan *p, const struct answers *answers, const char *dir,
		 const struct export_result *r, size_t changed, const struct diag_list *diags, struct strbuf *out);

#endif

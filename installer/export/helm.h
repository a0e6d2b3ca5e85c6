/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_EXPORT_HELM_H
#define VPSFIT_EXPORT_HELM_H

#include "export/export.h"

int helm_export(struct arena *a, const struct export_source *source, const struct nodes_plan *plan,
		struct diag_list *diags, struct export_result *ret) must_check;

#endif

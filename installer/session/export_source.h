/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_SESSION_EXPORT_SOURCE_H
#define VPSFIT_SESSION_EXPORT_SOURCE_H

#include "export/export.h"

struct session;

#define EXPORT_HELM "helm"

bool session_exports_helm(const struct session *s);
const char *session_helm_values(struct session *s, size_t service);
const char *session_database_url(struct session *s);
int session_export_source(struct session *s, const struct nodes_plan *p, const char *exported_env,
			  struct export_source *ret) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Private to this folder: what the files of a swarm's stack have in common. */
#ifndef VPSFIT_EXPORT_SWARM_H
#define VPSFIT_EXPORT_SWARM_H

#include "core/strbuf.h"
#include "export/export.h"

/* The script that makes variables of secrets: in the export, and in each container. */
#define SWARM_ENTRY_FILE "with_secrets.sh"
#define SWARM_ENTRY "/opt/vpsfit/" SWARM_ENTRY_FILE
/* The node where the tables are brought up to date. */
#define LABEL_ONCE "vpsfit.tables"
#define NODE_LABEL_ONCE "node.labels." LABEL_ONCE

void swarm_script(const struct export_source *source, const struct nodes_plan *plan, const struct export_result *r,
		  struct strbuf *out);
const char *swarm_config_name(const struct export_source *source, struct arena *a, const char *name, const char *text,
			      size_t len);
const char *swarm_copies_name(struct arena *a, const struct nodes_plan *p, int64_t workers);

#endif

/* SPDX-License-Identifier: MIT */
/* Private to this folder: what the files of a swarm's stack have in common. */
#ifndef VPSFIT_EXPORT_SWARM_H
#define VPSFIT_EXPORT_SWARM_H

#include "core/strbuf.h"
#include "export/export.h"
#include "export/secrets.h"

/* The script that makes variables of secrets: in the export, and in each container. */
#define SWARM_ENTRY_FILE "with_secrets.sh"
#define SWARM_ENTRY "/opt/vpsfit/" SWARM_ENTRY_FILE

#define NETWORK "gateway"

/* A service as it is written: all but the one with the workers once, that one for each number of workers. */
struct writing {
	struct emitter e;
	struct secret_finder secrets;
	const struct export_source *source;
	const struct nodes_plan *plan;
	struct diag_list *diags;
	struct export_result *result;
	const struct export_secret *used[MAX_EXPORT_SECRETS];
	const char *targets[MAX_EXPORT_SECRETS];
	size_t used_count;
	const char *volumes[MAX_EXPORT_FILES];
	size_t volume_count;
	bool in_environment; /* the key is written */
	bool entry;	     /* a service reads secrets, so the script is needed */
};

struct block {
	size_t service; /* index */
	const char *name;
	const struct yaml_node *node;
	int64_t workers;
	bool once;   /* brings the tables up to date, and ends */
	bool helper; /* of the service: does its own work once, and ends */
};

size_t swarm_copies(const struct nodes_plan *p, int64_t workers, bool *ret_start_first);
const char *swarm_key(struct arena *a, const char *name);
int swarm_put_service(struct writing *w, const struct block *b) must_check;
void swarm_script(const struct export_source *source, const struct nodes_plan *plan, const struct export_result *r,
		  struct strbuf *out);
const char *swarm_config_name(const struct export_source *source, struct arena *a, const char *name, const char *text,
			      size_t len);
const char *swarm_copies_name(struct arena *a, const struct nodes_plan *p, int64_t workers);

#endif

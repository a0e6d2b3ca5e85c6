/* SPDX-License-Identifier: MIT */
/*
 * What an export remembers beside its files: "DIGEST NAME" for each of them, "format FORMAT", "place SERVICE NODE" for
 * each service whose volume is on a node, and "node NAME" for every node that an export to this place ever named.
 */
#ifndef VPSFIT_EXPORT_RECORD_H
#define VPSFIT_EXPORT_RECORD_H

#include "export/export.h"

struct diag_list;

/* Names what an export wrote, with a digest of each file: so that nobody else's file is written over unasked. */
#define EXPORT_LIST ".vpsfit-export"

struct export_record {
	const char *text;		  /* NULL: no export was written to this place */
	const char *format;		  /* NULL: not known */
	const char *places[MAX_SERVICES]; /* name of the node with the service's volume; NULL: none is known */
	const char **nodes;
	size_t node_count;
};

void record_read(struct arena *a, const struct service_set *set, const char *text, struct export_record *ret);
bool record_has_file(const struct export_record *r, const char *name);
bool record_is_ours(struct arena *a, const char *list, const char *name, const char *text, size_t len);
const char *record_next_file(struct arena *a, const char **at, const char **ret_digest);
const char *record_digest(struct arena *a, const char *text, size_t len);
int record_keep_places(struct arena *a, const struct export_record *r, const struct service_set *set,
		       bool database_elsewhere, struct diag_list *diags, struct node_set *nodes) must_check;
const char *record_of_plan(struct arena *a, const struct export_record *before, const struct nodes_plan *p,
			   const char *format);

#endif

/* SPDX-License-Identifier: MIT */
/* What goes into a report: the tree of what detection read, redacted, and texts beside it. */
#ifndef VPSFIT_REPORT_BUNDLE_H
#define VPSFIT_REPORT_BUNDLE_H

#include "files/sysroot.h"
#include "report/keep.h"
#include "report/tar.h"

/* Texts of a report that are not of the machine's tree lie below this directory. */
#define BUNDLE_OWN "report"

/* As the state writes them. */
struct bundle_hash {
	const char *was, *is;
};

struct bundle {
	struct arena *a;
	const struct sysroot *root;
	struct keeper *keeper;
	struct bundle_seen *seen; /* freed by bundle_clear */
	size_t seen_count, seen_room;
	struct bundle_item *items;
	size_t count, room;
	struct bundle_hash *hashes; /* of the stack's files that were changed, for the state */
	size_t hash_count, hash_room;
};

/* Text of these bytes is another one in the report: what names its hash has to name that of the other. */
void bundle_note_hash(struct bundle *b, const char *was, size_t was_len, const char *is, size_t len);
void bundle_clear(struct bundle *b);
/* For sysroot_trace, with the bundle as its context. */
void bundle_saw(void *bundle, const char *path, bool listed);
/* Takes what was seen so far into the bundle. */
void bundle_collect(struct bundle *b);
void bundle_add(struct bundle *b, enum tar_type type, const char *name, const char *text, size_t len);
/* Sorts the entries, one for each name; returns them. */
const struct tar_entry *bundle_entries(struct bundle *b, size_t *ret_count);

/* names.c: users and hosts whose names are to be replaced. */
void bundle_find_names(const struct sysroot *root, struct redactor *r);
/* state.c: what is kept of the state, with the hashes of the files as the report has them. */
const char *bundle_state(struct bundle *b, const char *text, size_t len);
/* seen_text.c: what the sampler kept in the directory `dir`: the last samples, and each day's maxima. NULL: nothing. */
const char *bundle_ring(struct arena *a, struct redactor *r, int dir);

#endif

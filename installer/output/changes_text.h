/* SPDX-License-Identifier: MIT */
/* What an apply or a rollback would write, for people: files, old and new values, and the diff. */
#ifndef VPSFIT_CHANGES_TEXT_H
#define VPSFIT_CHANGES_TEXT_H

#include "changes/changeset.h"
#include "core/strbuf.h"
#include "output/style.h"

struct rollback;

/* Swap areas that change; prints nothing if none does. */
void changes_areas_text(const struct changeset *c, struct strbuf *out);
/* Changes that a person must make; prints nothing if there are none. */
void changes_manual_text(const struct changeset *c, const struct style *style, struct strbuf *out);
/* Values that an edit by hand keeps from what the plan wants, a line each; NULL past the last one. */
const char *changes_moved_line(struct arena *a, const struct changeset *c);
const char *changes_kept_line(struct arena *a, const struct changeset *c, size_t i);
void changes_text(struct arena *a, const struct changeset *c, const struct style *style, struct strbuf *out);
/* The action on a swap area: create, remove, turn on, turn off, keep. */
const char *swap_change_name(const struct swap_change *c);
/* Does the rollback change the tag of an image? The data that a newer one has migrated does not go back. */
bool rollback_moves_images(const struct rollback *r);
void rollback_text(const struct rollback *r, const struct style *style, struct strbuf *out);
/* Is the diff of this file shown to a person? New files are only named. */
bool change_has_diff(const struct file_change *f);
/* The unified diff of one file with secrets hidden; empty if it does not change. */
void change_diff_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out);

#endif

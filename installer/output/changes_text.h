/* SPDX-License-Identifier: MIT */
/* What an apply or a rollback would write, for people: files, values as they were and as they will be, and the
 * difference. */
#ifndef VPSFIT_CHANGES_TEXT_H
#define VPSFIT_CHANGES_TEXT_H

#include "changes/changeset.h"
#include "apply/rollback.h"
#include "core/strbuf.h"
#include "output/style.h"

/* Only what becomes of swap areas; nothing where they stay as they are. */
void changes_areas_text(const struct changeset *c, struct strbuf *out);
/* Only what a person must change by hand; nothing where there is none. */
void changes_manual_text(const struct changeset *c, const struct style *style, struct strbuf *out);
void changes_text(struct arena *a, const struct changeset *c, const struct style *style, struct strbuf *out);
/* What happens to a swap area: create, remove, turn on, turn off, keep. */
const char *area_change_name(int64_t before_mib, bool before_on, int64_t after_mib, bool after_on);
void rollback_text(const struct rollback *r, const struct style *style, struct strbuf *out);
/* The unified difference of one file, secrets hidden; nothing where there is none. */
void change_diff_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out);

#endif

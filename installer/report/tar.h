/* SPDX-License-Identifier: MIT */
/*
 * A tar archive in memory, as POSIX.1-2001 has it (pax): ustar headers, and before a header whose name or link is
 * too long for it one of type x with "LENGTH path=..." or "LENGTH linkpath=...". Everything is root's, of one time.
 */
#ifndef VPSFIT_REPORT_TAR_H
#define VPSFIT_REPORT_TAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/strbuf.h"

enum tar_type { TAR_FILE = '0', TAR_LINK = '2', TAR_DIR = '5' };

struct tar_entry {
	enum tar_type type;
	const char *name; /* without a slash in front */
	const char *text; /* of a file; where a link leads */
	size_t len;
	mode_t mode;
};

void tar_add(struct strbuf *out, const struct tar_entry *e, int64_t time);
/* Two blocks of zeros, filled up to a record of 20. */
void tar_end(struct strbuf *out);

#endif

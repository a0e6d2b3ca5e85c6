/* SPDX-License-Identifier: MIT */
/* What a probe found, for people and as JSON. */
#ifndef VPSFIT_PROBE_TEXT_H
#define VPSFIT_PROBE_TEXT_H

#include <jansson.h>

#include "core/strbuf.h"
#include "output/style.h"
#include "watch/squeeze.h"

struct probe_line {
	const char *service;
	int64_t limit_kib; /* in force; 0: none */
	const struct squeeze *by;
};

struct probe_view {
	const struct probe_line *lines;
	size_t count;
};

void probe_text(const struct probe_view *v, struct strbuf *out);
json_t *probe_rows_json(const struct probe_view *v);
/* A document of its own, for where nothing could be calibrated. */
void probe_json(const struct probe_view *v, struct strbuf *out);

#endif

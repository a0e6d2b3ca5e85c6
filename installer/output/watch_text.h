/* SPDX-License-Identifier: MIT */
/* A sample of the running stack, for people and as JSON. */
#ifndef VPSFIT_WATCH_TEXT_H
#define VPSFIT_WATCH_TEXT_H

#include "core/arena.h"
#include "core/strbuf.h"
#include "output/style.h"
#include "watch/sample.h"
#include "watch/split.h"

struct watch_view {
	const struct watch_sample *sample;
	const struct watch_places *places;
	bool root;			  /* the caller is root: what cannot be read is no question of rights */
	bool following;			  /* there was a look before: what happened since then is told */
	const struct watch_split *splits; /* of the sample's containers, in their order; NULL: not looked at */
};

void watch_text(struct arena *a, const struct watch_view *v, const struct style *style, struct strbuf *out);
void watch_json(const struct watch_view *v, struct strbuf *out);
/* What cannot be had here, a sentence each; returns their number, at most `most`. */
size_t watch_lacks(struct arena *a, const struct watch_view *v, const char **ret, size_t most);

#endif

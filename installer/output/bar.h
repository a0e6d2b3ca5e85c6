/* SPDX-License-Identifier: MIT */
/* Draws the budget's bar and its legend. */
#ifndef VPSFIT_OUTPUT_BAR_H
#define VPSFIT_OUTPUT_BAR_H

#include "core/bar.h"
#include "output/style.h"

void bar_text(const struct bar *b, const struct style *style, size_t width, struct strbuf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* What a person does after an apply, for people. */
#ifndef VPSFIT_NEXT_TEXT_H
#define VPSFIT_NEXT_TEXT_H

#include "core/next_steps.h"
#include "core/strbuf.h"

/* Numbered steps, each command on a line of its own and never wrapped, so that it can be copied. */
void next_text(const struct next_steps *n, struct strbuf *out);

#endif

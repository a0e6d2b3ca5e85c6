/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_ANSWERS_TEXT_H
#define VPSFIT_ANSWERS_TEXT_H

#include "core/answers.h"
#include "core/arena.h"
#include "core/strbuf.h"

void answers_text(const struct answers *all, struct arena *a, size_t column, struct strbuf *out);

#endif

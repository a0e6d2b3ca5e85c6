/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_ANSWERS_REFUSED_H
#define VPSFIT_ANSWERS_REFUSED_H

#include "answers/table.h"

const char *answer_refused(const struct answer_row *row, const char *value);

#endif

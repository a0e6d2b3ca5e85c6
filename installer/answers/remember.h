/* SPDX-License-Identifier: MIT */
/* Answers that hold from one apply to the next. */
#ifndef VPSFIT_ANSWERS_REMEMBER_H
#define VPSFIT_ANSWERS_REMEMBER_H

#include "core/answers.h"
#include "core/arena.h"

void answers_recall(struct answers *all, struct arena *a, const struct remembered_answer *list, size_t count);
size_t answers_remember(const struct answers *all, struct arena *a, const char *now,
			const struct remembered_answer *list, size_t count,
			struct remembered_answer out[static ANSWER_COUNT]);

#endif

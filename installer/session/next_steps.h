/* SPDX-License-Identifier: MIT */
/* Finds what a person has to do after an apply. Needs session_compare. */
#ifndef VPSFIT_SESSION_NEXT_STEPS_H
#define VPSFIT_SESSION_NEXT_STEPS_H

#include "core/next_steps.h"
#include "session/session.h"

void next_steps_find(struct session *s, struct next_steps *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* How the gateway of vpsfit's own stack is reached: in every plan and on the last screen before it is written. */
#ifndef VPSFIT_REACH_H
#define VPSFIT_REACH_H

#include "core/answers.h"
#include "core/arena.h"
#include "core/machine.h"

/*
 * Address and port that it listens on: what the stack's files publish where that is known, else as answered, else as
 * found. NULL and 0: not known.
 */
const char *reach_bind(const struct machine *m, const struct answers *all);
int64_t reach_port(const struct machine *m, const struct answers *all);
/* Its URL as a browser takes it, on this machine or elsewhere; NULL: a stack of somebody else's, or not known. */
const char *reach_url(struct arena *a, const struct machine *m, const struct answers *all);
/* The URL and who reaches it, for people; NULL like the URL. */
const char *reach_text(struct arena *a, const struct machine *m, const struct answers *all);

#endif

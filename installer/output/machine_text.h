/* SPDX-License-Identifier: MIT */
/* The machine, for people. */
#ifndef VPSFIT_MACHINE_TEXT_H
#define VPSFIT_MACHINE_TEXT_H

#include "core/machine.h"
#include "core/strbuf.h"

/* Every fact with its source, as `vpsfit detect` prints it. */
void machine_text(const struct machine *m, struct strbuf *out);
/* The important facts on one or two lines, for the head of a plan. */
void machine_summary(const struct machine *m, struct strbuf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* The cost model that `vpsfit calibrate` wrote for this stack on this machine. */
#ifndef VPSFIT_SESSION_OWN_MODEL_H
#define VPSFIT_SESSION_OWN_MODEL_H

#include "session/session.h"

/* In the stack's store. */
#define OWN_MODEL_FILE "this-machine.yaml"

const char *session_own_model_path(struct session *s);
/* A hash of the machine's id; "unknown": it has none. */
const char *session_machine_hash(struct session *s);
/* Adds the stack's own model, where there is one, to the catalogue. A broken one is said and left out. */
void session_own_model(struct session *s);
/* The own model, if it is of this machine and of the images that the stack runs; else NULL. */
const struct cost_model *session_own_model_for(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* The name that the gateway is reached by over TLS (--domain). */
#ifndef VPSFIT_SESSION_DOMAIN_H
#define VPSFIT_SESSION_DOMAIN_H

#include "session/session.h"

/* Once for each name, and only where something is to be written: a notice at a login waits for nobody. */
void session_look_at_domain(struct session *s);
/*
 * What contradicts a name: a stack of somebody else's, an address for others, a port of the TLS proxy. Returns 0, or
 * -EINVAL with an error. The services must be linked to their options.
 */
int session_check_domain(struct session *s) must_check;

#endif

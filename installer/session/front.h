/* SPDX-License-Identifier: MIT */
/* Where the gateway of vpsfit's own stack listens. */
#ifndef VPSFIT_FRONT_H
#define VPSFIT_FRONT_H

#include "detect/detect.h"
#include "session/session.h"

/* Fills in bind and port: as answered, else as .env says, else the default. Another's compose file says it itself. */
void front_find(struct session *s, struct detect_request *req);

#endif

/* SPDX-License-Identifier: MIT */
/* Where the gateway of vpsfit's own stack listens. */
#ifndef VPSFIT_FRONT_H
#define VPSFIT_FRONT_H

#include "detect/detect.h"
#include "session/session.h"

/* What the ports of the service before the gateway publish, with the project's files merged and variables filled in. */
struct published {
	bool there;	  /* the stack's compose files were read; else nothing is known */
	const char *bind; /* "0.0.0.0": all addresses; NULL: it cannot be told */
	const char *port;
	const char *service; /* NULL: there is none */
	int64_t inside;	     /* the port inside its container */
};

/* Fills in bind and port: as answered, else as the stack's files say, else the default. Another's says it itself. */
void front_find(struct session *s, struct detect_request *req);
/* As the files are on disk. Never for a stack of somebody else's. */
void front_published(struct session *s, struct published *ret);
/* After a comparison: as an apply would leave them. Returns whether that is another address than was planned with. */
bool front_settle(struct session *s);

#endif

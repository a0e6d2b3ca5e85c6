/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_SESSION_ASK_NODES_H
#define VPSFIT_SESSION_ASK_NODES_H

#include "core/nodes.h"

struct session;

int session_ask_nodes(struct session *s, struct node_set *ret) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* Nodes as they are told: a YAML file (--nodes FILE), or NAME=RAM,CPUS on the command line. */
#ifndef VPSFIT_ANSWERS_NODES_H
#define VPSFIT_ANSWERS_NODES_H

#include "core/arena.h"
#include "core/diag.h"
#include "core/macros.h"
#include "core/nodes.h"

/* Separates the nodes of several --node flags. */
#define NODE_SEPARATOR ';'
/* --node ask: the engine of this machine is asked, which must be a manager. */
#define NODES_ASK "ask"

int nodes_load(struct arena *a, const char *path, struct diag_list *diags, struct node_set *ret) must_check;
bool nodes_parse(struct arena *a, const char *text, struct node_set *ret) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* The steps that plan and export share for several machines. */
#ifndef VPSFIT_COMMANDS_NODES_STEPS_H
#define VPSFIT_COMMANDS_NODES_STEPS_H

#include <stdbool.h>

#include "core/exit_codes.h"
#include "core/nodes.h"

struct export_record;
struct session;

bool nodes_are_said(const struct session *s);
enum exit_code nodes_prepare(struct session *s, const struct export_record *record, struct node_set *nodes,
			     struct nodes_plan *ret);
enum exit_code nodes_refuse(struct session *s, const struct nodes_plan *p);
enum exit_code nodes_show_plan(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Owned values that only a person can write, and the lines for them. */
#ifndef VPSFIT_BY_HAND_H
#define VPSFIT_BY_HAND_H

#include "changes/building.h"
#include "compose/edit.h"

/* The included file that has the s-th service of the set; NULL: one of the stack's own has it. */
const struct project_file *by_hand_file(const struct building *b, size_t s);
const struct yaml_doc *by_hand_doc(const struct building *b, const struct owned_value *v);
bool by_hand_is_connections(const struct building *b, const struct edit *e);
void by_hand_add(const struct building *b, const struct yaml_doc *doc, const struct file_change *f,
		 const struct edit *e);

#endif

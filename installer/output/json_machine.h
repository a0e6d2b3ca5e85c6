/* SPDX-License-Identifier: MIT */
/* JSON helpers shared by the files of this folder. */
#ifndef VPSFIT_JSON_MACHINE_H
#define VPSFIT_JSON_MACHINE_H

#include <jansson.h>

#include "core/answers.h"
#include "core/diag.h"
#include "core/machine.h"
#include "core/next_steps.h"
#include "core/strbuf.h"

json_t *json_machine(const struct machine *m);
json_t *json_text(const char *s);
/* null where the figure is not known. */
json_t *json_known(int64_t n, bool known);
/* Every answer that the commands (FOR_...) take, with its value and origin. */
json_t *json_answers(const struct answers *all, unsigned commands);
/* Adds the warnings and notes of this run to an array, each once. */
void json_messages(const struct diag_list *diags, json_t *all);
/* What a person does after an apply: every step with its code and command. */
json_t *json_next(const struct next_steps *n);
/* Documents must be complete: a failure to add to one ends the program (json_begin). */
void json_put(json_t *object, const char *key, json_t *value);
void json_add(json_t *array, json_t *value);
json_t *json_sure(json_t *value);
void json_dump(json_t *root, struct strbuf *out);

#endif

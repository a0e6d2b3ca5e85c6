/* The machine as a JSON value; between the files of this folder. */
#ifndef VPSFIT_JSON_MACHINE_H
#define VPSFIT_JSON_MACHINE_H

#include <jansson.h>

#include "core/answers.h"
#include "core/machine.h"

/* The caller owns the value. */
json_t *json_machine(const struct machine *m);
json_t *json_text(const char *s);
/* Each answer that the commands (FOR_...) take, with its value and where it comes from. */
json_t *json_answers(const struct answers *all, unsigned commands);

#endif

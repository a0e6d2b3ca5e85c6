/* The machine as a JSON value; between the files of this folder. */
#ifndef VPSFIT_JSON_MACHINE_H
#define VPSFIT_JSON_MACHINE_H

#include <jansson.h>

#include "core/machine.h"

/* The caller owns the value. */
json_t *json_machine(const struct machine *m);
json_t *json_text(const char *s);

#endif

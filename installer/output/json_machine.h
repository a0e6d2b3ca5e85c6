/* The machine as a JSON value; between the files of this folder. */
#ifndef VPSFIT_JSON_MACHINE_H
#define VPSFIT_JSON_MACHINE_H

#include <jansson.h>

#include "core/machine.h"
#include "core/strbuf.h"

/* The caller owns the value. */
json_t *json_machine(const struct machine *m);
/* Appends the document and a line end, and releases it. Whoever reads it gets every text exactly; whoever looks at it on a
 * terminal sees what is invisible as \uXXXX. */
void json_put(json_t *root, struct strbuf *out);
json_t *json_text(const char *s);

#endif

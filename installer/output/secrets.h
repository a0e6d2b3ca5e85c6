/* Keeping secrets out of what is shown. */
#ifndef VPSFIT_SECRETS_H
#define VPSFIT_SECRETS_H

#include "core/arena.h"

/* The text of an .env or a YAML file with its secrets hidden: for showing, never for writing. */
const char *secrets_hidden(struct arena *a, const char *text);

#endif

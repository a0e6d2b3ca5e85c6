/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_MAKE_SECRET_H
#define VPSFIT_MAKE_SECRET_H

#include "core/macros.h"
#include "core/service.h"

#define SECRET_BYTES 32
#define SECRET_TEXT (2 * SECRET_BYTES + 8)

int secret_make(const struct service_secret *secret, char out[static SECRET_TEXT]) must_check;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_JSON_BESIDE_H
#define VPSFIT_JSON_BESIDE_H

#include <jansson.h>

#include "core/plan.h"

void json_beside_services(const struct plan *p, json_t *services);
json_t *json_others(const struct plan *p);
json_t *json_not_started(const struct plan *p);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_PROCESS_AGE_H
#define VPSFIT_PROCESS_AGE_H

#include "detect/probe.h"

int64_t process_age(const struct probe *p, const char *pid);
int64_t age_since(const struct probe *p, const char *time);

#endif

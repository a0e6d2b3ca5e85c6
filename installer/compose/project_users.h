/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_PROJECT_USERS_H
#define VPSFIT_PROJECT_USERS_H

#include "compose/project.h"

const struct project_service *project_user(const struct project *p, const char *section, const char *name,
					   const char **ret_key);

#endif

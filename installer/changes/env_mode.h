/* SPDX-License-Identifier: MIT */
/* Who may read an .env. */
#ifndef VPSFIT_ENV_MODE_H
#define VPSFIT_ENV_MODE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/diag.h"

#define ENV_MODE 0600
/* Mode bits that let others than the owner at the secrets. */
#define ENV_OTHERS 077

bool env_mode_is_kept(const char *host_path);
bool env_is_foreign(const struct stat *file, const char *host_path);
void env_open_warning(struct diag_list *diags, const char *path, mode_t mode);

#endif

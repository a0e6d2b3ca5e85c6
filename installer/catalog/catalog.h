/* SPDX-License-Identifier: MIT */
/*
 * Services, their images, profiles and cost models from YAML files: the shipped ones, then the administrator's in
 * /etc/vpsfit, whose profiles and cost models replace those of the same name (services and images are the package's).
 * Everything read is owned by the arena.
 */
#ifndef VPSFIT_CATALOG_H
#define VPSFIT_CATALOG_H

#include "core/arena.h"
#include "core/diag.h"
#include "core/profile.h"

struct sysroot;

int catalog_load(struct arena *a, const char *data_dir, const struct sysroot *r, struct diag_list *diags,
		 struct catalog *ret) must_check;
int catalog_load_services(struct arena *a, const char *data_dir, struct diag_list *diags,
			  struct catalog *ret) must_check;
/* Reads one text as catalog_load reads a file; for tests and fuzzing. */
int catalog_add_text(struct arena *a, const char *name, const char *text, size_t len, struct diag_list *diags,
		     struct catalog *c) must_check;

#endif

/* SPDX-License-Identifier: MIT */
/* The shipped services, for fuzz targets that need owned values. Read once, from the current directory. */
#ifndef VPSFIT_FUZZ_SERVICES_H
#define VPSFIT_FUZZ_SERVICES_H

#include <stdlib.h>

#include "catalog/catalog.h"
#include "files/sysroot.h"

static const struct service_set *shipped_services(void)
{
	static struct arena arena;
	static struct diag_list diags;
	static struct catalog catalog;
	struct sysroot root;

	if (catalog.services.count > 0)
		return &catalog.services;
	diag_init(&diags, &arena);
	if (sysroot_open(&root, "tests/fuzz") < 0 || catalog_load(&arena, ".", &root, &diags, &catalog) < 0)
		abort();
	sysroot_close(&root);
	return &catalog.services;
}

#endif

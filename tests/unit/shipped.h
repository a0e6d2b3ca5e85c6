/* SPDX-License-Identifier: MIT */
/* The shipped catalogue, read again for each test, and a machine to plan for. */
#ifndef VPSFIT_UNIT_SHIPPED_H
#define VPSFIT_UNIT_SHIPPED_H

#include "unit.h"

#include "catalog/catalog.h"
#include "files/sysroot.h"

struct fixture {
	struct arena arena;
	struct diag_list diags;
	struct catalog catalog;
	struct sysroot root;
};

static inline int shipped_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *roots = getenv("VPSFIT_ROOTS");
	char path[4096];

	diag_init(&f->diags, &f->arena);
	snprintf(path, sizeof(path), "%s/bad-empty", roots ? roots : "build/roots");
	if (sysroot_open(&f->root, path) < 0)
		return -1;
	*state = f;
	return catalog_load(&f->arena, ".", &f->root, &f->diags, &f->catalog);
}

static inline int shipped_teardown(void **state)
{
	struct fixture *f = *state;

	sysroot_close(&f->root);
	diag_clear(&f->diags);
	arena_clear(&f->arena);
	free(f);
	return 0;
}

/* A VPS of this nominal size as it presents itself, with plenty of disk. */
static inline struct machine vps(int64_t nominal, int64_t usable, int64_t cores)
{
	struct machine m;

	memset(&m, 0, sizeof(m));
	m.sysroot = m.arch = m.kernel = "test";
	m.ram.nominal = fact_exact(nominal, "test");
	m.ram.usable = fact_exact(usable, "test");
	m.ram.effective = m.ram.usable;
	m.ram.in_use = fact_exact(200, "test");
	m.ram.containers = m.ram.gateway = m.ram.daemons = fact_exact(0, "test");
	m.swap.containers = m.swap.system = fact_exact(0, "test");
	m.cpus.effective = fact_exact(cores, "test");
	m.swap.active = fact_exact(0, "test");
	m.swap.possible = true;
	m.distro.class = DISTRO_TYPICAL;
	m.distro.confidence = FACT_EXACT;
	m.distro.id = m.distro.version = m.distro.name = "test";
	m.stack_disk.free = m.image_disk.free = m.swap_disk.free = fact_exact(40960, "test");
	m.stack_disk.path = m.image_disk.path = m.swap_disk.path = "/";
	m.engine.docker = m.engine.compose = true;
	m.engine.limits = ENFORCED_YES;
	return m;
}

#endif

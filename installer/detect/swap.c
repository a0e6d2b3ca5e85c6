/* SPDX-License-Identifier: MIT */
/* Active swap areas, and whether this machine can have any. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"
#include "swap/probe.h"

static void sum_up(struct machine_swap *w, int64_t *active)
{
	for (size_t i = 0; i < w->area_count; i++) {
		const struct swap_area *s = &w->areas[i];

		w->used_mib += s->used_mib;
		if (s->kind == SWAP_KIND_ZRAM)
			w->zram_mib += s->size_mib;
		else
			*active += s->size_mib;
	}
}

static const char *impossible(const struct probe *p)
{
	const struct machine_virt *v = &p->m->virt;

	if (v->kind == VIRT_WSL)
		return _("WSL takes its swap from Windows: set it in .wslconfig");
	if (virt_is_container(v->kind))
		return arena_printf(p->a,
				    _("the kernel belongs to the host of this %s container: ask the host to set swap"),
				    virt_kind_name(v->kind));
	if (v->unprivileged)
		return _("this is a user namespace, and only the machine's own root may turn swap on: ask the host to "
			 "set swap");
	return NULL;
}

/* Size that the area was created with, in MiB; 0: unknown. */
static int64_t whole_mib(const struct probe *p, const struct swap_area *s)
{
	struct stat st;

	if (s->kind == SWAP_KIND_PARTITION)
		return probe_device_mib(p, strrchr(s->path, '/') + 1);
	if (s->kind != SWAP_KIND_FILE || s->deleted || !sysroot_is_live(p->root) || stat(s->path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	return (int64_t)(st.st_size >> 20);
}

/* /proc/swaps leaves out the header and, for files, blocks that are not page-aligned: restore the original size. */
static void own_sizes(const struct probe *p)
{
	for (size_t i = 0; i < p->m->swap.area_count; i++) {
		struct swap_area *s = &p->m->swap.areas[i];
		int64_t whole = whole_mib(p, s);

		if (s->size_mib < whole && whole - s->size_mib <= 1 + whole / 100)
			s->size_mib = whole;
	}
}

void probe_swap(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	const char *zswap = sysroot_read_line(p->root, p->a, "/sys/module/zswap/parameters/enabled");
	int64_t active = 0;
	long n = swap_list_active(p->root, p->a, w->areas, MACHINE_MAX_SWAPS);

	w->impossible = impossible(p);
	w->needs_root = !w->impossible && sysroot_is_live(p->root) && geteuid() != 0;
	if (w->needs_root)
		w->impossible = _("only root may turn swap on: run vpsfit as root");
	w->possible = !w->impossible;
	w->zswap = zswap && STR_EQ(zswap, "Y");
	if (n < 0) {
		w->active = fact_inferred(0, "/proc/swaps", _("it cannot be read: taken as no swap"));
		return;
	}
	w->area_count = (size_t)n;
	own_sizes(p);
	sum_up(w, &active);
	w->active = fact_exact(active, "/proc/swaps");
}

/* SPDX-License-Identifier: MIT */
/* Active swap areas, and whether this machine can have any. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"
#include "swap/probe.h"

#define MEMINFO "/proc/meminfo"

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

static bool of_a_host(const struct probe *p)
{
	return virt_is_container(p->m->virt.kind) || p->m->virt.kind == VIRT_WSL;
}

/* A kernel without swap has no /proc/swaps. A tree in which even /proc/meminfo is missing says nothing. */
static bool kernel_has_none(const struct probe *p)
{
	return !sysroot_exists(p->root, "/proc/swaps") && sysroot_exists(p->root, MEMINFO);
}

static const char *impossible(const struct probe *p)
{
	const struct machine_virt *v = &p->m->virt;

	if (v->kind == VIRT_WSL)
		return _("WSL takes its swap from Windows: set it in .wslconfig");
	if (v->kind == VIRT_CONTAINER)
		return _("the kernel belongs to the host of this container: ask the host to set swap");
	if (virt_is_container(v->kind))
		return arena_printf(p->a,
				    _("the kernel belongs to the host of this %s container: ask the host to set swap"),
				    virt_kind_name(v->kind));
	if (kernel_has_none(p))
		return _(
			"this kernel was built without swap (it has no /proc/swaps): boot another kernel, or rent a machine with more RAM");
	if (distro_is(&p->m->distro, "nixos"))
		return _(
			"NixOS turns on the swap of its own configuration alone: add swapDevices = [ { device = "
			"\"/swapfile\"; size = 2048; } ]; to /etc/nixos/configuration.nix, then 'nixos-rebuild switch'");
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

/* What the host grants although it lists no area: SwapTotal and SwapFree. */
static void take_meminfo(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	uint64_t total, left;
	char *text;
	size_t len;

	if (w->area_count > 0 || !of_a_host(p) || sysroot_read(p->root, p->a, MEMINFO, 0, &text, &len) < 0 ||
	    !probe_field(text, "SwapTotal:", &total) || total >> 10 == 0 || total >> 10 > (uint64_t)UNITS_MAX_MIB)
		return;
	w->areas[w->area_count++] = (struct swap_area){
		.path = MEMINFO, .kind = SWAP_KIND_HOST, .active = true, .size_mib = (int64_t)(total >> 10)};
	if (probe_field(text, "SwapFree:", &left) && left <= total)
		w->areas[0].used_mib = (int64_t)((total - left) >> 10);
}

/* A container may see its host's whole swap, and use less or none of it. */
static struct fact allowed(const struct probe *p, int64_t active, const struct cgroup_limits *limits)
{
	const struct machine_swap *w = &p->m->swap;
	const bool granted = w->area_count == 1 && STR_EQ(w->areas[0].path, MEMINFO);

	if (of_a_host(p) && limits->swap_mib >= 0 && limits->swap_mib < active)
		return fact_inferred(limits->swap_mib, limits->swap_at,
				     arena_printf(p->a, _("%lld MiB are on, and this container may use no more"),
						  (long long)active));
	return fact_exact(active, granted ? MEMINFO : "/proc/swaps");
}

void probe_swap(const struct probe *p, const struct cgroup_limits *limits)
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
	w->area_count = n > 0 ? (size_t)n : 0;
	take_meminfo(p);
	if (n < 0 && w->area_count == 0) {
		w->active = fact_inferred(0, "/proc/swaps",
					  kernel_has_none(p) ? _("it is not there: the kernel has no swap")
							     : _("it cannot be read: taken as no swap"));
		return;
	}
	own_sizes(p);
	sum_up(w, &active);
	w->active = allowed(p, active, limits);
}

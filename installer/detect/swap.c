/* Swap areas that are in use, and whether there can ever be one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "detect/probe.h"
#include "detect/swap_probe.h"

static void sum_up(struct machine_swap *w, int64_t *active)
{
	for (size_t i = 0; i < w->area_count; i++) {
		const struct swap_area *s = &w->areas[i];

		w->used_mib += s->used_mib;
		if (s->kind == SWAP_ZRAM)
			w->zram_mib += s->size_mib;
		else
			*active += s->size_mib;
	}
}

static const char *impossible(const struct probe *p)
{
	const struct machine_virt *v = &p->m->virt;

	if (v->kind == VIRT_WSL)
		return "WSL takes its swap from Windows: set it in .wslconfig";
	if (virt_is_container(v->kind))
		return arena_printf(p->a, "the kernel belongs to the host of this %s container: ask the host to set swap",
				    virt_kind_name(v->kind));
	if (v->unprivileged)
		return "this is a user namespace, and only the machine's own root may turn swap on: ask the host to set swap";
	if (sysroot_is_live(p->root) && geteuid() != 0)
		return "only root may turn swap on: run vpsfit as root";
	return NULL;
}

/* /proc/swaps counts what is behind the header; a file's or a device's own size is what it was made with. */
static void own_sizes(const struct probe *p)
{
	for (size_t i = 0; i < p->m->swap.area_count; i++) {
		struct swap_area *s = &p->m->swap.areas[i];
		struct stat st;

		if (sysroot_is_live(p->root) && !s->deleted && s->kind == SWAP_FILE && stat(s->path, &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size >> 20 >= s->size_mib)
			s->size_mib = (int64_t)(st.st_size >> 20);
	}
}

void probe_swap(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	const char *zswap = sysroot_read_line(p->root, p->a, "/sys/module/zswap/parameters/enabled");
	int64_t active = 0;
	long n = swap_list_active(p->root, p->a, w->areas, MACHINE_MAX_SWAPS);

	w->impossible = impossible(p);
	w->possible = !w->impossible;
	w->zswap = zswap && STR_EQ(zswap, "Y");
	if (n < 0) {
		w->active = fact_inferred(0, "/proc/swaps", "it cannot be read: taken as no swap");
		return;
	}
	w->area_count = (size_t)n;
	own_sizes(p);
	sum_up(w, &active);
	w->active = fact_exact(active, "/proc/swaps");
}

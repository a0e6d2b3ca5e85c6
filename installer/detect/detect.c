/* SPDX-License-Identifier: MIT */
#include "detect/detect.h"

#include <string.h>
#include <sys/utsname.h>

#include "core/i18n.h"
#include "detect/probe.h"

static const char *architecture(const struct probe *p)
{
	struct utsname u;
	char *text;
	size_t len;

	if (sysroot_is_live(p->root) && uname(&u) == 0)
		return arena_strdup(p->a, u.machine);
	if (sysroot_read(p->root, p->a, "/proc/cpuinfo", 0, &text, &len) < 0)
		return _("unknown");
	if (strstr(text, "CPU implementer"))
		return "aarch64";
	return strstr(text, "vendor_id") ? "x86_64" : _("unknown");
}

/*
 * The order matters: memory needs virt (a container's limits count) and so does swap (no swapon in a container); hints
 * need the distribution; disks need the engine (where its images lie).
 */
void detect_machine(const struct sysroot *r, struct arena *a, const struct detect_request *req, struct machine *ret)
{
	struct docker_roots roots;
	const struct probe p = {r, a, req, ret, &roots};
	struct cgroup_limits limits;
	const char *kernel;

	memset(ret, 0, sizeof(*ret));
	ret->sysroot = r->root;
	kernel = sysroot_read_line(r, a, "/proc/sys/kernel/osrelease");
	ret->kernel = kernel ? kernel : _("unknown");
	ret->arch = architecture(&p);
	ret->systemd = sysroot_exists(r, "/run/systemd/system");
	docker_roots_of_caller(r, a, &roots);
	probe_virt(&p);
	probe_distro(&p);
	probe_cgroup(&p, &limits);
	probe_memory(&p, &limits);
	probe_cpus(&p, &limits);
	probe_swap(&p, &limits);
	probe_swap_names(&p);
	probe_swap_partitions(&p);
	probe_fstab_swap(&p);
	probe_swap_at_boot(&p);
	probe_engine(&p, &limits);
	probe_engine_store(&p);
	probe_disks(&p);
	probe_footprint(&p, &limits);
	probe_needs(&p);
	probe_address(&p);
}

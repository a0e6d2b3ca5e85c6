/* SPDX-License-Identifier: MIT */
#include "detect/detect.h"

#include <string.h>
#include <sys/utsname.h>

#include "core/i18n.h"
#include "detect/probe.h"

/* The values of a line "NAME : VALUES" of /proc/cpuinfo; "": there is none. */
static const char *values_of(struct arena *a, const char *cpuinfo, const char *name)
{
	const char *at = strstr(cpuinfo, name);

	at = at ? strchr(at, ':') : NULL;
	return at ? arena_printf(a, "%.*s ", (int)strcspn(at, "\n"), at) : "";
}

/* What uname(2) says on such a machine. 32-bit kernels of both kinds show the same processors with less. */
static const char *by_cpuinfo(struct arena *a, const char *text)
{
	const char *flags = values_of(a, text, "\nflags");

	if (strstr(text, "IBM/S390"))
		return "s390x";
	if (strstr(values_of(a, text, "\nisa"), "rv64"))
		return "riscv64";
	if (strstr(values_of(a, text, "\ncpu\t"), "POWER"))
		return "ppc64le";
	if (strstr(text, "CPU implementer"))
		return strstr(values_of(a, text, "\nFeatures"), " asimd ") ? "aarch64" : "armv7l";
	if (!strstr(text, "vendor_id"))
		return _("unknown");
	return strstr(flags, " sse2 ") && strstr(flags, " nx ") && !strstr(flags, " lm ") ? "i686" : "x86_64";
}

static const char *architecture(const struct probe *p)
{
	struct utsname u;
	char *text;
	size_t len;

	if (sysroot_is_live(p->root) && uname(&u) == 0)
		return arena_strdup(p->a, u.machine);
	if (sysroot_read(p->root, p->a, "/proc/cpuinfo", 0, &text, &len) < 0)
		return _("unknown");
	return by_cpuinfo(p->a, text);
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
	probe_swap_idle(&p);
	probe_swap_at_boot(&p);
	probe_engine(&p, &limits);
	probe_engine_store(&p);
	probe_disks(&p);
	probe_footprint(&p, &limits);
	probe_needs(&p);
	probe_address(&p);
}

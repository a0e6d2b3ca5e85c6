/* SPDX-License-Identifier: MIT */
#include "core/vps.h"

#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"

const int64_t vps_sizes[VPS_SIZES] = {
	1024, 2048, 3072, 4096, 5120, 6144, 8192, 10240, 12288, 16384, 20480, 24576, 32768,
};

/* Cores that such a size usually comes with: one for each 2 GB (2 GB with 1, 4 with 2, 8 with 4, 16 with 8). */
int64_t vps_cores(int64_t nominal_mib)
{
	return max_i64(1, nominal_mib / 2048);
}

/*
 * What a VPS of a nominal size shows as MemTotal, in MiB. Fitted to Debian 12's cloud kernel (512 -> 468, 2048 ->
 * 1978, 4096 -> 3926, 8192 -> 7952, 16384 -> 16004): a fixed part, 1/56 for page structures, from 4 GiB on 64 MiB
 * bounce buffer.
 */
int64_t vps_usable(int64_t nominal_mib)
{
	int64_t bounce = nominal_mib >= 4096 ? 64 : 0;

	return max_i64(1, nominal_mib - 36 - nominal_mib / 56 - bounce);
}

/* The smallest usual size that is not tight with this need; a multiple of the largest one where that is too small. */
int64_t vps_roomy(int64_t need_mib)
{
	const int64_t largest = vps_sizes[VPS_SIZES - 1];
	int64_t size = largest;

	for (size_t i = VPS_SIZES; i-- > 0 && need_mib * 100 <= vps_usable(vps_sizes[i]) * TIGHT_PERCENT;)
		size = vps_sizes[i];
	/* Where it is larger, begin just below what vps_usable turns into the need: that may be any number. */
	size = max_i64(size, need_mib / TIGHT_PERCENT * 100 / 55 * 56 / largest * largest);
	while (need_mib * 100 > vps_usable(size) * TIGHT_PERCENT)
		size += largest;
	return size;
}

/*
 * A fresh VPS of this size: a typical distribution, nothing in use, no swap, room on its disk, an engine. What is no
 * matter of the size (architecture) is as `like` has it.
 */
struct machine vps_fresh(const struct machine *like, int64_t nominal_mib, int64_t cores)
{
	const char *source = "vpsfit sizes", *why = _("nothing is known of a machine that is yet to be rented");
	struct machine m = {.sysroot = "/", .arch = like->arch, .kernel = like->kernel, .systemd = true};

	m.ram.nominal = fact_exact(nominal_mib, source);
	m.ram.usable = m.ram.effective = m.ram.available = fact_inferred(vps_usable(nominal_mib), source, why);
	m.ram.in_use = m.ram.gateway = fact_unknown(source, why);
	m.cpus.effective = m.cpus.online = fact_exact(cores, source);
	m.cpus.quota_milli = fact_unknown(source, why);
	m.swap.active = fact_exact(0, source);
	m.swap.possible = true;
	m.distro = (struct machine_distro){.id = "unknown",
					   .version = "",
					   .name = "unknown",
					   .class = DISTRO_TYPICAL,
					   .confidence = FACT_EXACT,
					   .evidence = why,
					   .source = source};
	m.virt = (struct machine_virt){.kind = VIRT_KVM, .confidence = FACT_ASSUMED, .source = source, .why = why};
	m.stack_disk = m.swap_disk =
		(struct machine_disk){.path = "/", .fs = "unknown", .free = fact_unknown(source, why)};
	m.engine = (struct machine_engine){.docker = true,
					   .compose = true,
					   .compose_command = "docker compose",
					   .cgroup_version = 2,
					   .limits = ENFORCED_YES,
					   .limits_why = why};
	return m;
}

/* SPDX-License-Identifier: MIT */
/* RAM as sold, usable and limited, and why these differ. */
#include <string.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define MEMINFO "/proc/meminfo"
#define BLOCKS "/sys/devices/system/memory"
#define DMI "/sys/firmware/dmi/entries"

/* Without any figure a plan must still be possible; it lists this as an assumption. */
#define ASSUMED_MIB 2048

/* State is read for this many entries; further blocks count as online. No small server has more. */
#define MAX_BLOCKS 4096

#define SHOP_SLACK 12

static void read_meminfo(const struct probe *p)
{
	struct machine_ram *r = &p->m->ram;
	uint64_t total = 0, available;
	char *text;
	size_t len;

	r->available = fact_unknown(MEMINFO, _("there is no MemAvailable in it"));
	r->usable = fact_unknown(MEMINFO, _("it cannot be read or has no MemTotal"));
	if (sysroot_read(p->root, p->a, MEMINFO, 0, &text, &len) < 0)
		return;
	if (probe_field(text, "MemTotal:", &total) && total >> 10 > 0 && total >> 10 <= (uint64_t)UNITS_MAX_MIB)
		r->usable = fact_exact((int64_t)(total >> 10), MEMINFO);
	if (probe_field(text, "MemAvailable:", &available) && available <= total)
		r->available = fact_exact((int64_t)(available >> 10), MEMINFO);
}

struct blocks {
	int64_t size_mib;
	int64_t online;
	int64_t offline;
};

static bool is_block(const char *name)
{
	return strncmp(name, "memory", 6) == 0 && name[6] >= '0' && name[6] <= '9';
}

static bool is_offline(const struct probe *p, const char *name)
{
	const char *state = sysroot_read_line(p->root, p->a, arena_printf(p->a, BLOCKS "/%s/state", name));

	return state && STR_EQ(state, "offline");
}

static bool read_blocks(const struct probe *p, struct blocks *b)
{
	const char *size = sysroot_read_line(p->root, p->a, BLOCKS "/block_size_bytes");
	uint64_t bytes;
	char **names;
	long n = sysroot_list(p->root, p->a, BLOCKS, &names);

	*b = (struct blocks){0, 0, 0};
	if (n <= 0 || !size || !parse_hex(size, (uint64_t)1 << 40, &bytes) || bytes >> 20 == 0)
		return false;
	b->size_mib = (int64_t)(bytes >> 20);
	for (long i = 0; i < n; i++) {
		if (!is_block(names[i]))
			continue;
		if (i < MAX_BLOCKS && is_offline(p, names[i]))
			b->offline++;
		else
			b->online++;
	}
	return b->online > 0;
}

static int64_t word(const unsigned char *raw, size_t at, size_t bytes)
{
	int64_t n = 0;

	for (size_t i = bytes; i-- > 0;)
		n = n << 8 | raw[at + i];
	return n;
}

/* Size of a memory device (SMBIOS type 17) in MiB: at 0x0c; if that is 0x7fff, the extended size at 0x1c. */
static int64_t dimm_mib(const unsigned char *raw, size_t len)
{
	int64_t size;

	if (len < 0x0e)
		return 0;
	size = word(raw, 0x0c, 2);
	if (size == 0xffff || size == 0)
		return 0;
	if (size == 0x7fff)
		return len < 0x20 ? 0 : word(raw, 0x1c, 4) & 0x7fffffff;
	return size & 0x8000 ? (size & 0x7fff) / 1024 : size;
}

static int64_t read_dmi(const struct probe *p)
{
	char **names, *raw;
	long n = sysroot_list(p->root, p->a, DMI, &names);
	int64_t sum = 0;
	size_t len;

	for (long i = 0; i < n; i++)
		if (strncmp(names[i], "17-", 3) == 0 &&
		    sysroot_read(p->root, p->a, arena_printf(p->a, DMI "/%s/raw", names[i]), 4096, &raw, &len) == 0)
			sum += dimm_mib((unsigned char *)raw, len);
	return sum;
}

/*
 * The usual size that MemTotal falls short of by at most 12 %: small VPSes lose up to 11.5 %, a Raspberry Pi 7 to 10
 * % to its graphics. The smallest that fits: usual sizes may be closer than that. 0: none.
 */
static int64_t shop_size(int64_t usable)
{
	static const int64_t sizes[] = {512,   1024,  1536,  2048,  3072,  4096,  5120,	 6144,	 8192,	10240,
					12288, 16384, 20480, 24576, 32768, 49152, 65536, 131072, 262144};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (usable <= sizes[i] && usable * 100 >= sizes[i] * (100 - SHOP_SLACK))
			return sizes[i];
	return 0;
}

static void explain_gap(const struct probe *p, enum ram_gap gap, int64_t mib, const char *text)
{
	p->m->ram.gap = gap;
	p->m->ram.gap_mib = mib;
	p->m->ram.gap_text = text;
}

static int64_t crash_kernel_mib(const struct probe *p)
{
	const char *line = sysroot_read_line(p->root, p->a, "/sys/kernel/kexec_crash_size");
	uint64_t bytes;

	return line && parse_uint(line, (uint64_t)1 << 50, &bytes) ? (int64_t)(bytes >> 20) : 0;
}

/* Without blocks: what is reserved for a crash kernel is missing in MemTotal, and was sold all the same. */
static struct fact nominal_without_blocks(const struct probe *p)
{
	int64_t usable = p->m->ram.usable.value, crash = crash_kernel_mib(p), size = read_dmi(p);

	if (size >= usable)
		return fact_inferred(size, DMI "/17-*/raw", _("the sizes of the memory devices"));
	size = shop_size(usable + crash);
	if (size > 0 && crash > 0)
		return fact_inferred(size, MEMINFO,
				     _("the next usual size above MemTotal and what is reserved for crash dumps"));
	if (size > 0)
		return fact_inferred(size, MEMINFO, _("the next usual size above MemTotal"));
	return fact_inferred(usable + crash, MEMINFO, _("MemTotal; no usual size is near"));
}

/* A gap that nothing recorded explains: hardware has no balloon, and firmware takes no eighth of a virtual machine. */
static void explain_unknown_gap(const struct probe *p, int64_t missing, bool by_devices)
{
	if (boot_option(p, "mem=", NULL))
		explain_gap(p, RAM_GAP_COMMAND_LINE, missing,
			    arena_printf(p->a,
					 _("%lld MiB of RAM are not used: the kernel's command line limits it (mem=); "
					   "take that out in %s, and reboot"),
					 (long long)missing, boot_command_line(p)));
	else if (by_devices || p->m->virt.kind == VIRT_NONE)
		explain_gap(p, RAM_GAP_FIRMWARE, missing,
			    arena_printf(p->a,
					 _("%lld MiB of RAM are kept by the firmware, most of it for built-in graphics "
					   "as a rule: the firmware's setup may give some back"),
					 (long long)missing));
	else
		explain_gap(p, RAM_GAP_BALLOON, missing,
			    arena_printf(p->a,
					 _("%lld MiB of RAM are missing, probably a memory balloon: size for the "
					   "smallest it leaves, or have the host turn it off"),
					 (long long)missing));
}

/* Fedora 41 and Red Hat's release 10 took it out of kexec-tools. NULL: none sets it up by itself. */
static const char *crash_package(const struct machine_distro *d)
{
	const char *end;
	uint64_t release = 0;

	if (distro_is(d, "debian") || distro_is(d, "ubuntu"))
		return "kdump-tools";
	if (distro_is(d, "suse") || distro_is(d, "opensuse") || distro_is(d, "sles"))
		return "kdump";
	if (distro_is(d, "amzn") || (!distro_is(d, "fedora") && !distro_is(d, "rhel") && !distro_is(d, "centos")))
		return NULL;
	(void)parse_uint_prefix(d->version, 10000, &release, &end);
	return release >= (STR_EQ(d->id, "fedora") ? 41 : 10) ? "kdump-utils" : "kexec-tools";
}

static const char *crash_text(const struct probe *p, int64_t crash)
{
	const char *package = crash_package(&p->m->distro);

	if (!package)
		return arena_printf(
			p->a,
			_("%lld MiB of RAM are reserved for crash dumps (crashkernel= on the kernel's command line)"),
			(long long)crash);
	return arena_printf(
		p->a,
		_("%lld MiB of RAM are reserved for crash dumps (crashkernel= on the kernel's command line, "
		  "package %s)"),
		(long long)crash, package);
}

/* Explains why MemTotal is much less than the nominal size. by_devices: that is the sum of the memory devices. */
static void find_gap(const struct probe *p, const struct blocks *b, bool by_devices)
{
	struct machine_ram *r = &p->m->ram;
	int64_t crash = crash_kernel_mib(p), missing = r->nominal.value - r->usable.value;

	if (b->offline > 0)
		explain_gap(
			p, RAM_GAP_OFFLINE, b->offline * b->size_mib,
			arena_printf(p->a,
				     _("%lld MiB of RAM are plugged in and not in use: reboot, or write 'online' to "
				       "/sys/devices/system/memory/memory*/state"),
				     (long long)(b->offline * b->size_mib)));
	else if (crash > 0)
		explain_gap(p, RAM_GAP_CRASH_KERNEL, crash, crash_text(p, crash));
	else if (missing * 100 > r->nominal.value * SHOP_SLACK)
		explain_unknown_gap(p, missing, by_devices);
}

/*
 * Without a limit of its own a container has its host's RAM, whose kernel keeps some of what was sold. Memory blocks
 * and DMI would be the host's too; but lxcfs shows a part of that as MemTotal, and nothing tells the two apart.
 */
static struct fact nominal_of_container(const struct probe *p)
{
	const struct machine_ram *r = &p->m->ram;
	int64_t size = r->effective.value < r->usable.value ? 0 : shop_size(r->usable.value);

	if (size > r->effective.value)
		return fact_inferred(size, r->usable.source, _("a container: the next usual size above MemTotal"));
	return fact_inferred(r->effective.value, r->effective.source,
			     _("a container: the smallest of MemTotal and its limits"));
}

static void set_container(const struct probe *p)
{
	struct machine_ram *r = &p->m->ram;

	r->nominal = nominal_of_container(p);
	if (r->effective.value < r->usable.value)
		explain_gap(p, RAM_GAP_CONTAINER, r->usable.value - r->effective.value,
			    arena_printf(p->a, _("this container may use %lld MiB of the %lld that it shows"),
					 (long long)r->effective.value, (long long)r->usable.value));
}

/* A limit on a session or a service decides, and says nothing of what runs beside it. */
static void explain_limit(const struct probe *p)
{
	const struct machine_ram *r = &p->m->ram;

	explain_gap(p, RAM_GAP_LIMIT, r->usable.value - r->effective.value,
		    arena_printf(p->a,
				 _("this process may use %lld MiB of the machine's %lld (%s), and these are planned "
				   "with; what runs outside of this control group, such as Docker's own service, may "
				   "use more: --ram SIZE plans with that"),
				 (long long)r->effective.value, (long long)r->usable.value, r->effective.source));
}

static void set_effective(const struct probe *p, const struct cgroup_limits *limits)
{
	struct machine_ram *r = &p->m->ram;

	if (r->usable.confidence == FACT_UNKNOWN)
		r->usable = fact_assumed(limits->memory_mib > 0 ? limits->memory_mib : ASSUMED_MIB, MEMINFO,
					 _("/proc/meminfo does not say"));
	r->effective = r->usable;
	if (limits->memory_mib > 0 && limits->memory_mib < r->usable.value)
		r->effective = (struct fact){
			limits->memory_mib, FACT_EXACT, limits->memory_at,
			limits->memory_high
				? _("above it, this process's control group is slowed down and its memory reclaimed")
				: _("a limit on this process's control group")};
}

/*
 * Memory devices of more than the kernel got, by no more than firmware and graphics take (a quarter of it at most).
 * Blocks that are offline or absent by more than that are the host's doing, and what is plugged in counts.
 */
static bool lost_to_firmware(const struct blocks *b, int64_t dmi_mib)
{
	int64_t blocks = b->online * b->size_mib;

	return b->offline == 0 && dmi_mib > blocks && (dmi_mib - blocks) * 4 <= dmi_mib;
}

/* Fills in all of ram but in_use and what is taken off it. Needs virt. */
void probe_memory(const struct probe *p, const struct cgroup_limits *limits)
{
	struct machine_ram *r = &p->m->ram;
	struct blocks b;
	bool by_devices;
	int64_t dmi;

	read_meminfo(p);
	set_effective(p, limits);
	if (virt_is_container(p->m->virt.kind)) {
		set_container(p);
		return;
	}
	if (r->effective.value < r->usable.value)
		explain_limit(p);
	if (!read_blocks(p, &b) || b.online * b.size_mib < r->usable.value) {
		r->nominal = r->usable.confidence == FACT_ASSUMED ? r->usable : nominal_without_blocks(p);
		if (r->usable.confidence != FACT_ASSUMED && r->gap == RAM_GAP_NONE)
			find_gap(p, &(const struct blocks){0, 0, 0}, false);
		return;
	}
	dmi = read_dmi(p);
	by_devices = lost_to_firmware(&b, dmi);
	if (by_devices)
		r->nominal =
			fact_inferred(dmi, DMI "/17-*/raw",
				      _("the sizes of the memory devices; the firmware keeps some of it, such as for "
					"built-in graphics"));
	else
		r->nominal = fact_inferred(
			b.online * b.size_mib, BLOCKS,
			arena_printf(p->a, Q_("%lld block of %lld MiB", "%lld blocks of %lld MiB", b.online),
				     (long long)b.online, (long long)b.size_mib));
	if (r->usable.confidence != FACT_ASSUMED && r->gap == RAM_GAP_NONE)
		find_gap(p, &b, by_devices);
}

/* SPDX-License-Identifier: MIT */
#include "core/machine.h"

#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[FACT_UNKNOWN] = N_("unknown"),
		[FACT_ASSUMED] = N_("assumed"),
		[FACT_INFERRED] = N_("inferred"),
		[FACT_EXACT] = N_("exact"),
	};

	ALL_NAMED(names, FACT_CONFIDENCE_COUNT);

	return names[c];
}

const char *distro_class_name(enum distro_class c)
{
	static const char *const names[] = {
		[DISTRO_LIGHTWEIGHT] = N_("lightweight"),
		[DISTRO_TYPICAL] = N_("typical"),
		[DISTRO_DESKTOP] = N_("desktop"),
	};

	ALL_NAMED(names, DISTRO_CLASS_COUNT);

	return names[c];
}

const char *virt_kind_name(enum virt_kind v)
{
	static const char *const names[] = {
		[VIRT_NONE] = N_("none"),
		[VIRT_KVM] = "kvm",
		[VIRT_VMWARE] = "vmware",
		[VIRT_HYPERV] = "hyperv",
		[VIRT_XEN] = "xen",
		[VIRT_QEMU] = "qemu",
		[VIRT_LXC] = "lxc",
		[VIRT_OPENVZ] = "openvz",
		[VIRT_DOCKER] = "docker",
		[VIRT_PODMAN] = "podman",
		[VIRT_NSPAWN] = "systemd-nspawn",
		[VIRT_CONTAINER] = N_("container"),
		[VIRT_WSL] = "wsl",
		[VIRT_OTHER] = N_("other"),
	};

	ALL_NAMED(names, VIRT_KIND_COUNT);

	return names[v];
}

const char *engine_kind_name(enum engine_kind k)
{
	static const char *const names[] = {
		[ENGINE_NONE] = "none",	      [ENGINE_SYSTEM] = "system",     [ENGINE_SNAP] = "snap",
		[ENGINE_DESKTOP] = "desktop", [ENGINE_ROOTLESS] = "rootless", [ENGINE_HOST] = "host",
	};

	ALL_NAMED(names, ENGINE_KIND_COUNT);

	return names[k];
}

const char *ram_gap_name(enum ram_gap g)
{
	static const char *const names[] = {
		[RAM_GAP_NONE] = "none",
		[RAM_GAP_CRASH_KERNEL] = "crash-kernel",
		[RAM_GAP_BALLOON] = "balloon",
		[RAM_GAP_OFFLINE] = "offline",
		[RAM_GAP_CONTAINER] = "container",
		[RAM_GAP_FIRMWARE] = "firmware",
		[RAM_GAP_COMMAND_LINE] = "command-line",
		[RAM_GAP_LIMIT] = "limit",
	};

	ALL_NAMED(names, RAM_GAP_COUNT);

	return names[g];
}

bool distro_is(const struct machine_distro *d, const char *id)
{
	size_t n = strlen(id);

	if (d->id && STR_EQ(d->id, id))
		return true;
	for (const char *at = d->like ? d->like : ""; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == n && strncmp(at, id, n) == 0)
			return true;
		at += word;
	}
	return false;
}

/* Is the kernel shared with a host? */
bool virt_is_container(enum virt_kind v)
{
	return v == VIRT_LXC || v == VIRT_OPENVZ || v == VIRT_DOCKER || v == VIRT_PODMAN || v == VIRT_NSPAWN ||
	       v == VIRT_CONTAINER;
}

bool virt_is_application(enum virt_kind v)
{
	return v == VIRT_DOCKER || v == VIRT_PODMAN || v == VIRT_CONTAINER;
}

/* Use of the containers that do not belong to the planned stack, in MiB, as far as it is known. */
int64_t machine_others_mib(const struct machine *m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->containers.count; i++) {
		const struct machine_container *c = &m->containers.items[i];

		if (!c->ours && c->use.confidence != FACT_UNKNOWN)
			sum += c->use.value;
	}
	return sum;
}

/* For sums: what is not known adds nothing. */
int64_t fact_or_zero(const struct fact *f)
{
	return f->confidence == FACT_UNKNOWN ? 0 : f->value;
}

struct fact fact_exact(int64_t value, const char *source)
{
	return (struct fact){value, FACT_EXACT, source, NULL};
}

struct fact fact_inferred(int64_t value, const char *source, const char *why)
{
	return (struct fact){value, FACT_INFERRED, source, why};
}

struct fact fact_assumed(int64_t value, const char *source, const char *why)
{
	return (struct fact){value, FACT_ASSUMED, source, why};
}

struct fact fact_unknown(const char *source, const char *why)
{
	return (struct fact){0, FACT_UNKNOWN, source, why};
}

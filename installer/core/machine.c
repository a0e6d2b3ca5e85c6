#include "core/machine.h"

#include "core/i18n.h"

const char *confidence_name(enum confidence c)
{
	static const char *const names[FACT_CONFIDENCE_COUNT] = {N_("unknown"), N_("assumed"), N_("inferred"),
								 N_("exact")};

	return names[c];
}

const char *distro_class_name(enum distro_class c)
{
	static const char *const names[DISTRO_CLASS_COUNT] = {N_("lightweight"), N_("typical"), N_("desktop")};

	return names[c];
}

const char *virt_kind_name(enum virt_kind v)
{
	static const char *const names[VIRT_KIND_COUNT] = {N_("none"), "kvm",	 "vmware", "hyperv",
							   "xen",      "qemu",	 "lxc",	   "openvz",
							   "docker",   "podman", "wsl",	   N_("other")};

	return names[v];
}

const char *swap_kind_name(enum swap_kind k)
{
	static const char *const names[SWAP_KIND_COUNT] = {N_("file"), N_("partition"), N_("zram")};

	return names[k];
}

const char *ram_gap_name(enum ram_gap g)
{
	static const char *const names[RAM_GAP_COUNT] = {"none", "crash-kernel", "balloon", "offline", "container"};

	return names[g];
}

/* Does the kernel belong to a host that other machines share? */
bool virt_is_container(enum virt_kind v)
{
	return v == VIRT_LXC || v == VIRT_OPENVZ || v == VIRT_DOCKER || v == VIRT_PODMAN;
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

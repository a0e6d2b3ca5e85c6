/* SPDX-License-Identifier: MIT */
/* What the machine is: a container, a virtual machine, or hardware. */
#include <string.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define DMI_ID "/sys/class/dmi/id/"

struct word_kind {
	const char *word;
	enum virt_kind kind;
};

static void found(const struct probe *p, enum virt_kind kind, enum confidence c, const char *source, const char *why)
{
	struct machine_virt *v = &p->m->virt;

	v->kind = kind;
	v->confidence = c;
	v->source = source;
	v->why = why;
}

static enum virt_kind container_word(const char *word)
{
	static const struct word_kind words[] = {
		{"lxc", VIRT_LXC},	 {"openvz", VIRT_OPENVZ}, {"docker", VIRT_DOCKER},
		{"podman", VIRT_PODMAN}, {"wsl", VIRT_WSL},	  {"systemd-nspawn", VIRT_NSPAWN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(word, words[i].word, strlen(words[i].word)) == 0)
			return words[i].kind;
	return VIRT_CONTAINER;
}

/* container=NAME in the environment of PID 1, which only root can read. */
static const char *container_variable(const struct probe *p)
{
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/1/environ", 65536, &text, &len) < 0)
		return NULL;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		if (strncmp(text + at, "container=", 10) == 0)
			return text + at + 10;
	return NULL;
}

static bool cgroup_names_container(const struct probe *p, enum virt_kind *ret)
{
	static const struct word_kind words[] = {
		{"/docker/", VIRT_DOCKER},  {"/docker-", VIRT_DOCKER},
		{"/libpod", VIRT_PODMAN},   {"/lxc/", VIRT_LXC},
		{"/lxc.payload", VIRT_LXC}, {"/kubepods", VIRT_CONTAINER},
		{"/pod", VIRT_CONTAINER},   {"/ecs/", VIRT_CONTAINER},
		{"/crio-", VIRT_CONTAINER}, {"/cri-containerd-", VIRT_CONTAINER},
	};
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/1/cgroup", 65536, &text, &len) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i].word)) {
			*ret = words[i].kind;
			return true;
		}
	return false;
}

/* lxcfs shows a container its own figures. Whoever may not see PID 1's environment sees its mounts. */
static bool has_lxcfs(const struct probe *p)
{
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/self/mounts", 0, &text, &len) < 0)
		return false;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *field[3];
		size_t n[3];

		line += *line == '\n';
		if (probe_columns(line, field, n, 3) == 3 && n[2] == strlen("fuse.lxcfs") &&
		    strncmp(field[2], "fuse.lxcfs", n[2]) == 0 && strncmp(field[1], "/proc/", 6) == 0)
			return true;
	}
	return false;
}

/* The first mount at / is an engine's layer: whatever else is hidden from a container, its root is not. */
static bool root_is_a_layer(const struct probe *p, enum virt_kind *ret)
{
	static const struct word_kind stores[] = {
		{"upperdir=/var/lib/docker/", VIRT_DOCKER},
		{"upperdir=/var/lib/containers/", VIRT_PODMAN},
		{"upperdir=/var/lib/containerd/", VIRT_CONTAINER},
		{"upperdir=/var/lib/rancher/", VIRT_CONTAINER},
		{"upperdir=/run/k3s/", VIRT_CONTAINER},
	};
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/self/mounts", 0, &text, &len) < 0)
		return false;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *field[4];
		size_t n[4];

		line += *line == '\n';
		if (probe_columns(line, field, n, 4) < 4 || n[1] != 1 || field[1][0] != '/')
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(stores); i++)
			if (memmem(field[3], n[3], stores[i].word, strlen(stores[i].word))) {
				*ret = stores[i].kind;
				return true;
			}
	}
	return false;
}

/*
 * A virtual machine that was made from a container's image (Fly.io, Kata) has its files. Kernel threads are in nobody's
 * PID namespace but the machine's own.
 */
static bool sees_kernel_threads(const struct probe *p)
{
	const char *second = sysroot_read_line(p->root, p->a, "/proc/2/comm");

	return second && STR_EQ(second, "kthreadd");
}

static bool in_container(const struct probe *p)
{
	static const struct word_kind files[] = {
		{"/.dockerenv", VIRT_DOCKER},
		{"/run/.containerenv", VIRT_PODMAN},
	};
	const char *word = sysroot_read_line(p->root, p->a, "/run/systemd/container");
	enum virt_kind kind;

	if (word) {
		found(p, container_word(word), FACT_EXACT, "/run/systemd/container", NULL);
		return true;
	}
	if (root_is_a_layer(p, &kind)) {
		found(p, kind, FACT_INFERRED, "/proc/self/mounts", _("its root is a layer of an engine"));
		return true;
	}
	for (size_t i = 0; !sees_kernel_threads(p) && i < ARRAY_SIZE(files); i++)
		if (sysroot_exists(p->root, files[i].word)) {
			found(p, files[i].kind, FACT_INFERRED, files[i].word, _("the file is there"));
			return true;
		}
	if (sysroot_exists(p->root, "/proc/vz") && !sysroot_exists(p->root, "/proc/bc")) {
		found(p, VIRT_OPENVZ, FACT_INFERRED, "/proc/vz", _("without /proc/bc it is a guest"));
		return true;
	}
	word = container_variable(p);
	if (word && word[0]) {
		found(p, container_word(word), FACT_EXACT, "/proc/1/environ", NULL);
		return true;
	}
	if (has_lxcfs(p)) {
		found(p, VIRT_LXC, FACT_INFERRED, "/proc/self/mounts", _("lxcfs lies over files of /proc"));
		return true;
	}
	if (cgroup_names_container(p, &kind)) {
		found(p, kind, FACT_INFERRED, "/proc/1/cgroup", _("named in PID 1's control group"));
		return true;
	}
	return false;
}

static bool by_dmi(const struct probe *p, const char *file, bool emulated)
{
	static const struct word_kind words[] = {
		{"VMware", VIRT_VMWARE},    {"Microsoft Corporation", VIRT_HYPERV},
		{"Xen", VIRT_XEN},	    {"KVM", VIRT_KVM},
		{"Amazon EC2", VIRT_KVM},   {"Google", VIRT_KVM},
		{"DigitalOcean", VIRT_KVM}, {"Hetzner", VIRT_KVM},
		{"Vultr", VIRT_KVM},	    {"OpenStack", VIRT_KVM},
		{"Akamai", VIRT_KVM},	    {"Linode", VIRT_KVM},
		{"innotek", VIRT_OTHER},    {"VirtualBox", VIRT_OTHER},
		{"Parallels", VIRT_OTHER},  {"QEMU", VIRT_KVM},
	};
	const char *path = arena_printf(p->a, DMI_ID "%s", file);
	const char *line = sysroot_read_line(p->root, p->a, path);

	for (size_t i = 0; line && i < ARRAY_SIZE(words); i++) {
		enum virt_kind kind = words[i].kind;

		if (!strstr(line, words[i].word))
			continue;
		/* Microsoft's own hardware has Hyper-V's vendor too. */
		if (kind == VIRT_HYPERV && STR_EQ(file, "sys_vendor") && !emulated)
			continue;
		found(p, kind, FACT_INFERRED, path, arena_printf(p->a, _("it says \"%s\""), words[i].word));
		return true;
	}
	return false;
}

/* QEMU without KVM emulates the processor and shows that in its name. */
static bool tcg(const char *cpuinfo)
{
	return strstr(cpuinfo, "QEMU TCG") || strstr(cpuinfo, "QEMU Virtual CPU");
}

static bool in_virtual_machine(const struct probe *p)
{
	static const char *const files[] = {"product_name", "sys_vendor", "bios_vendor", "board_vendor"};
	const char *line = sysroot_read_line(p->root, p->a, "/sys/hypervisor/type");
	char *cpuinfo = arena_strdup(p->a, "");
	bool flag;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/cpuinfo", 0, &cpuinfo, &len) < 0)
		cpuinfo = arena_strdup(p->a, "");
	flag = strstr(cpuinfo, " hypervisor");
	if (line && STR_EQ(line, "xen")) {
		found(p, VIRT_XEN, FACT_EXACT, "/sys/hypervisor/type", NULL);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (by_dmi(p, files[i], flag)) {
			if (p->m->virt.kind == VIRT_KVM && tcg(cpuinfo))
				found(p, VIRT_QEMU, FACT_INFERRED, "/proc/cpuinfo", _("an emulated processor"));
			return true;
		}
	if (sysroot_exists(p->root, "/proc/device-tree/hypervisor") ||
	    sysroot_exists(p->root, "/sys/firmware/devicetree/base/hypervisor")) {
		found(p, VIRT_KVM, FACT_INFERRED, "/proc/device-tree/hypervisor", _("the node is there"));
		return true;
	}
	if (flag)
		found(p, VIRT_OTHER, FACT_INFERRED, "/proc/cpuinfo", _("the flag 'hypervisor' is set"));
	return flag;
}

static bool in_wsl(const struct probe *p)
{
	const char *line = sysroot_read_line(p->root, p->a, "/proc/sys/kernel/osrelease");

	if (!line || (!strstr(line, "microsoft") && !strstr(line, "Microsoft")))
		return false;
	found(p, VIRT_WSL, FACT_INFERRED, "/proc/sys/kernel/osrelease", _("the kernel is Microsoft's"));
	return true;
}

#define CAP_SYS_ADMIN_BIT 21

/* In a user namespace, or a container without CAP_SYS_ADMIN, even root cannot swapon. */
static bool unprivileged(const struct probe *p)
{
	const char *map = sysroot_read_line(p->root, p->a, "/proc/self/uid_map"), *at;
	uint64_t from, to, count, caps;
	char *text;
	size_t len;

	if (map && parse_uint_prefix(map, UINT32_MAX, &from, &at) && parse_uint_prefix(at, UINT32_MAX, &to, &at) &&
	    parse_uint_prefix(at, UINT32_MAX, &count, &at) && (from != 0 || to != 0 || count != UINT32_MAX))
		return true;
	if (!virt_is_container(p->m->virt.kind) || sysroot_read(p->root, p->a, "/proc/self/status", 0, &text, &len) < 0)
		return false;
	at = strstr(text, "CapEff:");
	if (!at)
		return false;
	at += 7;
	at += strspn(at, " \t");
	at = arena_strndup(p->a, at, strcspn(at, " \r\n"));
	return parse_hex(at, UINT64_MAX, &caps) && !(caps >> CAP_SYS_ADMIN_BIT & 1);
}

/* Containers first: a container in a virtual machine counts as a container. */
void probe_virt(const struct probe *p)
{
	if (!in_container(p) && !in_wsl(p) && !in_virtual_machine(p))
		found(p, VIRT_NONE, FACT_INFERRED, "/sys/class/dmi/id", _("nothing names a hypervisor or a container"));
	p->m->virt.unprivileged = unprivileged(p);
}

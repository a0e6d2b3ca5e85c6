/* SPDX-License-Identifier: MIT */
/* Where this machine's kernel gets its command line from, for hints that want something added to it. */
#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "detect/probe.h"

#define CMDLINE "/proc/cmdline"
#define BOARD "/proc/device-tree/model"

#define GRUB "/etc/default/grub"

struct loader {
	const char *evidence;			    /* a file that only this one has */
	const char *(*find)(const struct probe *p); /* of GRUB, whose tools differ; NULL: `where` says it */
	const char *where;			    /* for people: what to edit, and what to run afterwards */
};

#define GRUBBY                                                                                                         \
	N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then 'grubby --update-kernel=ALL' with --args= or "               \
	   "--remove-args= for the kernels that are installed)")
#define GRUB2 N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then grub2-mkconfig -o /boot/grub2/grub.cfg)")
#define GRUB1 N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then grub-mkconfig -o /boot/grub/grub.cfg)")
#define UPDATE N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then update-grub)")

struct grub_tool {
	const char *evidence; /* a program, or ID or a word of ID_LIKE */
	const char *where;
};

/* update-grub is Debian's script; distributions that rename GRUB's own programs call them grub2. */
static const char *grub(const struct probe *p)
{
	static const struct grub_tool tools[] = {
		{"/usr/sbin/grubby", GRUBBY},
		{"/usr/sbin/grub2-mkconfig", GRUB2},
		{"/usr/bin/grub2-mkconfig", GRUB2},
		{"/usr/sbin/update-grub", UPDATE},
		{"/usr/bin/update-grub", UPDATE},
		{"/usr/bin/grub-mkconfig", GRUB1},
		{"/usr/sbin/grub-mkconfig", GRUB1},
		{"/usr/bin/pacman", GRUB1},
		{"/sbin/apk", GRUB1},
		{"/usr/bin/emerge", GRUB1},
	};
	static const struct grub_tool distributions[] = {
		{"debian", UPDATE},  {"ubuntu", UPDATE}, {"fedora", GRUB2}, {"rhel", GRUB2},
		{"centos", GRUB2},   {"ol", GRUB2},	 {"amzn", GRUB2},   {"suse", GRUB2},
		{"opensuse", GRUB2}, {"sles", GRUB2},	 {"photon", GRUB2}, {"azurelinux", GRUB2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (sysroot_exists(p->root, tools[i].evidence))
			return _(tools[i].where);
	for (size_t i = 0; i < ARRAY_SIZE(distributions); i++)
		if (distro_is(&p->m->distro, distributions[i].evidence))
			return _(distributions[i].where);
	return _(GRUB1);
}

/* What a board's own tools write comes first: such an image may carry files of GRUB's that nobody reads. */
static const struct loader loaders[] = {
	{"/boot/armbianEnv.txt", NULL, N_("extraargs= in /boot/armbianEnv.txt")},
	{"/boot/dietpiEnv.txt", NULL, N_("extraargs= in /boot/dietpiEnv.txt")},
	{"/boot/orangepiEnv.txt", NULL, N_("extraargs= in /boot/orangepiEnv.txt")},
	{"/boot/firmware/current/cmdline.txt", NULL, N_("/boot/firmware/current/cmdline.txt (one line)")},
	{"/boot/firmware/cmdline.txt", NULL, N_("/boot/firmware/cmdline.txt (one line)")},
	{"/boot/cmdline.txt", NULL, N_("/boot/cmdline.txt (one line)")},
	{"/boot/extlinux/extlinux.conf", NULL, N_("the append line of /boot/extlinux/extlinux.conf")},
	{"/etc/update-extlinux.conf", NULL,
	 N_("default_kernel_opts= in /etc/update-extlinux.conf (then update-extlinux)")},
	{"/etc/kernelstub/configuration", NULL, N_("'kernelstub' (-a adds an option, -d deletes one)")},
	{"/boot/refind_linux.conf", NULL, N_("the options of each line of /boot/refind_linux.conf")},
	{"/boot/limine.conf", NULL, N_("the cmdline: lines of /boot/limine.conf")},
	{GRUB, grub, NULL},
	{"/etc/kernel/cmdline", NULL, N_("/etc/kernel/cmdline (then reinstall the kernel's boot entry)")},
	{"/boot/loader/loader.conf", NULL, N_("the options line of the entry in /boot/loader/entries")},
	{"/boot/efi/loader/loader.conf", NULL, N_("the options line of the entry in /boot/efi/loader/entries")},
	{"/efi/loader/loader.conf", NULL, N_("the options line of the entry in /efi/loader/entries")},
	{"/boot/grub2/grub.cfg", grub, NULL},
	{"/boot/grub/grub.cfg", grub, NULL},
};

#define PROXMOX "/etc/kernel/proxmox-boot-uuids"

/*
 * Proxmox copies kernels to partitions of its own, for GRUB or systemd-boot: only GRUB adds BOOT_IMAGE= to what the
 * kernel is told, and only systemd-boot reads /etc/kernel/cmdline there. Where the kernel was not told by either (a
 * dump), the file decides: it is made with a root on ZFS alone.
 */
static const char *proxmox(const struct probe *p)
{
	const char *line = sysroot_read_line(p->root, p->a, CMDLINE);
	bool grub = line && strstr(line, "BOOT_IMAGE=");
	bool theirs = line && strstr(line, "initrd=\\EFI\\");

	return !grub && (theirs || sysroot_exists(p->root, "/etc/kernel/cmdline"))
		       ? _("/etc/kernel/cmdline (one line; then proxmox-boot-tool refresh)")
		       : _("GRUB_CMDLINE_LINUX in /etc/default/grub (then proxmox-boot-tool refresh)");
}

/* Systems that make their command line from a setting of their own: what lies in /boot is overwritten. NULL: none. */
static const char *by_system(const struct probe *p)
{
	const struct machine_distro *d = &p->m->distro;

	if (p->m->virt.kind == VIRT_WSL)
		return _("kernelCommandLine= below [wsl2] in .wslconfig on Windows (then 'wsl --shutdown')");
	if (virt_is_container(p->m->virt.kind))
		return _("the kernel's command line on the host of this container (its administrator can change it)");
	if (distro_is(d, "nixos"))
		return _("boot.kernelParams in /etc/nixos/configuration.nix (then 'nixos-rebuild boot')");
	if (distro_is(d, "flatcar"))
		return _("linux_append in /oem/grub.cfg");
	if (distro_is(d, "ubuntu-core"))
		return _("'snap set system system.kernel.cmdline-append=...'");
	if (d->updates == DISTRO_OSTREE)
		return _("'rpm-ostree kargs' (with --append= or --delete=)");
	return sysroot_exists(p->root, PROXMOX) ? proxmox(p) : NULL;
}

const char *boot_command_line(const struct probe *p)
{
	const char *own = by_system(p);

	if (own)
		return own;
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (sysroot_exists(p->root, loaders[i].evidence))
			return loaders[i].find ? loaders[i].find(p) : _(loaders[i].where);
	return sysroot_find(p->root, p->a, BOARD, "Raspberry Pi", 256)
		       ? _("/boot/firmware/cmdline.txt (one line)")
		       : _("the kernel's command line, where your boot loader keeps it");
}

const char *boot_option(const struct probe *p, const char *option, const char *after)
{
	const char *line = after ? after : sysroot_read_line(p->root, p->a, CMDLINE);

	for (const char *at = line; at && (at = strstr(at, option)); at += strlen(option))
		if ((!after && at == line) || at[-1] == ' ' || at[-1] == '\t')
			return at + strlen(option);
	return NULL;
}

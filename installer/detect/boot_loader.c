/* SPDX-License-Identifier: MIT */
/* Where this machine's kernel gets its command line from, for hints that want something added to it. */
#include "core/i18n.h"
#include "detect/probe.h"

#define BOARD "/proc/device-tree/model"

struct loader {
	const char *evidence; /* a file that only this one has */
	const char *where;    /* for people: what to edit, and what to run afterwards */
};

static const struct loader loaders[] = {
	{"/boot/armbianEnv.txt", N_("extraargs= in /boot/armbianEnv.txt")},
	{"/boot/dietpiEnv.txt", N_("extraargs= in /boot/dietpiEnv.txt")},
	{"/boot/firmware/cmdline.txt", N_("/boot/firmware/cmdline.txt (one line)")},
	{"/boot/cmdline.txt", N_("/boot/cmdline.txt (one line)")},
	{"/boot/extlinux/extlinux.conf", N_("the append line of /boot/extlinux/extlinux.conf")},
	{"/etc/update-extlinux.conf", N_("default_kernel_opts= in /etc/update-extlinux.conf (then update-extlinux)")},
	{"/usr/sbin/grubby", N_("GRUB_CMDLINE_LINUX in /etc/default/grub (and by 'grubby --update-kernel=ALL')")},
	{"/usr/sbin/grub2-mkconfig",
	 N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then grub2-mkconfig -o /boot/grub2/grub.cfg)")},
	{"/usr/bin/pacman", N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then grub-mkconfig -o /boot/grub/grub.cfg)")},
	{"/etc/default/grub", N_("GRUB_CMDLINE_LINUX in /etc/default/grub (then update-grub)")},
	{"/etc/kernel/cmdline", N_("/etc/kernel/cmdline (then reinstall the kernel's boot entry)")},
	{"/boot/loader/loader.conf", N_("the options line of the entry in /boot/loader/entries")},
};

const char *boot_command_line(const struct probe *p)
{
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (sysroot_exists(p->root, loaders[i].evidence))
			return _(loaders[i].where);
	return sysroot_find(p->root, p->a, BOARD, "Raspberry Pi", 256)
		       ? _("/boot/firmware/cmdline.txt (one line)")
		       : _("the kernel's command line, where your boot loader keeps it");
}
